import { connect } from "@nats-io/transport-node";
import { makePayload } from "../support/payload.ts";
import type { CallSide } from "./side.ts";

const subject = "bench.raw.echo";

/** The baseline: the client's own `request()` and a callback on a queue group, JSON on both sides. */
export const raw: CallSide = {
  async agent(url) {
    const nc = await connect({ servers: url });
    nc.subscribe(subject, {
      queue: "bench",
      callback: (_error, msg) => {
        msg.respond(JSON.stringify(msg.json()));
      },
    });
    await nc.flush();
  },

  async caller(url) {
    const nc = await connect({ servers: url });
    const payload = makePayload();
    return async () => {
      const answer = await nc.request(subject, JSON.stringify(payload), { timeout: 30_000 });
      return answer.json();
    };
  },
};
