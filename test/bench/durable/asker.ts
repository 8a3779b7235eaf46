import { connect } from "@myelin/mesh";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { drive, type Load } from "../support/drive.ts";
import { meshLogin } from "../support/login.ts";
import { makePayload } from "../support/payload.ts";
import { worker } from "./contract.ts";
import { names } from "./names.ts";
import type { Place } from "./side.ts";

let ask: (() => Promise<unknown>) | undefined;

answering({
  async start({ url, login }: Place) {
    const mesh = await connect({ name: names.submitter, servers: [url], ...meshLogin(login) });
    const client = mesh.client(worker);
    const input = makePayload();
    ask = async () => (await client.echo.submit({ ...input })).result({ timeoutMs: 20_000 });
    await ask();
  },

  drive: (load: Load) => {
    if (ask === undefined) throw new BenchError("drive comes after start");
    return drive(ask, load);
  },
});
