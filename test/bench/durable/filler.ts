import { connect } from "@myelin/mesh";
import { eventSubject } from "@myelin/subjects";
import { connect as dial, headers } from "@nats-io/transport-node";
import { answering } from "../support/answering.ts";
import { meshLogin, rawLogin } from "../support/login.ts";
import { makePayload } from "../support/payload.ts";
import { publisher } from "./contract.ts";
import { names } from "./names.ts";
import type { Place } from "./side.ts";

const subject = eventSubject({ publisher: names.publisher, name: "noted" });
/** Acknowledged together: the server keeps no more than some thousands that it has not stored. */
const atOnce = 2_000;

/** An event's headers, by name and value. */
export type Head = readonly (readonly [name: string, value: string])[];

export interface Filling extends Place {
  readonly count: number;
  /** What the library writes. */
  readonly head: Head;
}

answering({
  /** One event by the library: the others are to be like it. */
  async first({ url, login }: Place) {
    const mesh = await connect({ name: names.publisher, servers: [url], ...meshLogin(login) });
    await mesh.publish(publisher, "noted", makePayload());
    await mesh.close();
  },

  /** So many more by hand, and fast. */
  async fill({ url, login, count, head }: Filling) {
    const nc = await dial({ servers: url, ...(await rawLogin(login, names.publisher)) });
    const payload = JSON.stringify(makePayload());
    for (let made = 1; made <= count; made++) {
      const own = headers();
      for (const [name, value] of head) own.append(name, value);
      own.set("ce-id", `event-${made}`);
      if (made % atOnce === 0 || made === count) {
        await nc.request(subject, payload, { headers: own, timeout: 30_000 });
      } else nc.publish(subject, payload, { headers: own });
    }
    await nc.close();
  },
});
