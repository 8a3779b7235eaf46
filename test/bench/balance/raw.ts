import { connect, type NatsConnection } from "@nats-io/transport-node";
import { makePayload } from "../support/payload.ts";
import type { Ask, Manner } from "./side.ts";
import { parallel, serial } from "./work.ts";

/** An instance of the baseline: a callback on a queue group. */
export async function rawAgent(url: string, workMs: number): Promise<void> {
  const nc = await connect({ servers: url });
  answer(nc, "parallel", parallel(workMs));
  answer(nc, "serial", serial(workMs));
  await nc.flush();
}

/** The baseline's caller: `request()`. */
export async function rawCaller(url: string): Promise<Ask> {
  const nc = await connect({ servers: url });
  const payload = makePayload();
  return async (manner) => {
    const text = JSON.stringify(payload);
    return (await nc.request(subject(manner), text, { timeout: 30_000 })).json();
  };
}

function subject(manner: Manner): string {
  return `bench.raw.${manner}`;
}

function answer(nc: NatsConnection, manner: Manner, work: () => Promise<void>): void {
  nc.subscribe(subject(manner), {
    queue: "bench",
    callback: (_error, msg) => {
      const given = msg.json();
      void work().then(() => msg.respond(JSON.stringify(given)));
    },
  });
}
