import { connect } from "@myelin/mesh";
import { connect as connectRaw } from "@nats-io/transport-node";
import { names } from "../call/names.ts";
import type { Place } from "../call/side.ts";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { meshLogin, rawLogin } from "../support/login.ts";

/** Something that is joined, to be left again. */
interface Joined {
  close(): Promise<void>;
}

let join: (() => Promise<Joined>) | undefined;

answering({
  start({ kind, url, login }: Place) {
    join =
      kind === "raw"
        ? async () => connectRaw({ servers: url, ...(await rawLogin(login, names.raw.caller)) })
        : () => connect({ name: names.mesh.caller, servers: url, ...meshLogin(login) });
  },

  /** Joins and leaves so many times; how long each joining took, in milliseconds. */
  async connect(times: number): Promise<number[]> {
    if (join === undefined) throw new BenchError("connect comes after start");
    const tookMs: number[] = [];
    for (let time = 0; time < times; time++) {
      const started = performance.now();
      const joined = await join();
      tookMs.push(performance.now() - started);
      await joined.close();
    }
    return tookMs;
  },
});
