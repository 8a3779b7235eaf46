import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { drive, type Load } from "../support/drive.ts";
import { payloadBytes } from "../support/payload.ts";
import { load, type Place } from "./side.ts";

let call: (() => Promise<unknown>) | undefined;

answering({
  async start(place: Place) {
    const side = await load(place.kind);
    call = await side.caller(place);
    const answer = JSON.stringify(await call());
    if (answer.length !== payloadBytes) throw new BenchError(`${place.kind} answered ${answer}`);
  },

  drive: (load: Load) => {
    if (call === undefined) throw new BenchError("drive comes after start");
    return drive(call, load);
  },
});
