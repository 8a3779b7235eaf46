import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { drive } from "../support/drive.ts";
import type { Ask, CallerPlace, Drive } from "./side.ts";

let ask: Ask | undefined;

answering({
  async start(place: CallerPlace) {
    ask = await connected(place);
  },

  drive: ({ manner, ...load }: Drive) => {
    const once = ask;
    if (once === undefined) throw new BenchError("drive comes after start");
    return drive(() => once(manner), load);
  },
});

async function connected({ kind, url }: CallerPlace): Promise<Ask> {
  if (kind === "raw") return (await import("./raw.ts")).rawCaller(url);
  if (kind === "mesh") return (await import("./mesh.ts")).meshCaller(url);
  return (await import("./plain.ts")).plainClient(url);
}
