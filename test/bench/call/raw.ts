import { callSubject } from "@myelin/subjects";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { rawLogin } from "../support/login.ts";
import { makePayload } from "../support/payload.ts";
import { names } from "./names.ts";
import type { CallSide, Place } from "./side.ts";

const ownSubject = "bench.raw.echo";
const meshSubject = callSubject(names.raw.agent, "echo", "any", names.raw.caller);

/** The baseline: the client's own `request()` and a callback on a queue group, JSON on both sides. */
export const raw: CallSide = {
  async agent(place) {
    const nc = await join(place, names.raw.agent);
    nc.subscribe(subjectAt(place), {
      queue: "bench",
      callback: (_error, msg) => {
        msg.respond(JSON.stringify(msg.json()));
      },
    });
    await nc.flush();
  },

  async caller(place) {
    const nc = await join(place, names.raw.caller);
    const subject = subjectAt(place);
    const payload = makePayload();
    return async () => {
      const answer = await nc.request(subject, JSON.stringify(payload), { timeout: 30_000 });
      return answer.json();
    };
  },
};

async function join({ url, login, isNamed }: Place, name: string): Promise<NatsConnection> {
  return connect({ servers: url, ...(isNamed === true && (await rawLogin(login, name))) });
}

function subjectAt({ isNamed }: Place): string {
  return isNamed === true ? meshSubject : ownSubject;
}
