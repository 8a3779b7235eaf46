import { setImmediate as turn } from "node:timers/promises";
import { connect, createInbox, type NatsConnection } from "@nats-io/transport-node";
import { makePayload } from "../support/payload.ts";
import type { StreamSide } from "./side.ts";

const subject = "bench.raw.stream";

/** The baseline: publishing to one subscriber, without flow control; an empty message ends it. */
export const raw: StreamSide = {
  async producer(url) {
    const nc = await connect({ servers: url });
    nc.subscribe(subject, {
      callback: (_error, msg) => void produce(nc, msg.reply ?? "", Number(msg.string())),
    });
    await nc.flush();
  },

  async reader(url) {
    const nc = await connect({ servers: url });
    return ({ frames }) =>
      new Promise((resolve, reject) => {
        const inbox = createInbox();
        let read = 0;
        const sub = nc.subscribe(inbox, {
          callback: (error, msg) => {
            if (error !== null) reject(error);
            else if (msg.data.length === 0) {
              sub.unsubscribe();
              resolve(read);
            } else if (msg.json() !== undefined) read++;
          },
        });
        nc.publish(subject, String(frames), { reply: inbox });
      });
  },
};

async function produce(nc: NatsConnection, to: string, frames: number): Promise<void> {
  const payload = makePayload();
  for (let sent = 0; sent < frames; sent++) {
    nc.publish(to, JSON.stringify(payload));
    // Let the connection write: a loop that never pauses fills memory and is slower.
    if (sent % 256 === 255) await turn();
  }
  nc.publish(to);
}
