import { callerInbox, filters, PresenceState, parsePresenceSubject } from "@myelin/subjects";
import type { Inbound, Link, Listening } from "../../nats/index.ts";
import type { Clock } from "../../pipeline/index.ts";

/** Longest that an instance says nothing while it is there, in milliseconds: some of its slowest beats. */
const silenceMs = 10_000;
/** Most instances that are remembered. */
const mostInstances = 100_000;

/** Which instances are there, by their beats. */
export class Present {
  readonly #clock: Clock;
  readonly #listening: Listening;
  readonly #since: number;
  /** When each was heard last, by agent. */
  readonly #heard = new Map<string, Map<string, number>>();
  #count = 0;

  constructor(link: Pick<Link, "subscribe">, clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
    this.#listening = link.subscribe(filters.everyPresence, (message) => this.#hear(message));
  }

  /** The instances of an agent; undefined until all have had time to say something. */
  of(agent: string): ReadonlySet<string> | undefined {
    const now = this.#clock.now();
    if (now - this.#since < silenceMs) return undefined;
    const heard = this.#heard.get(agent) ?? new Map<string, number>();
    for (const [instance, at] of heard) if (now - at > silenceMs) this.#forget(agent, instance);
    return new Set(heard.keys());
  }

  stop(): Promise<void> {
    return this.#listening.stop();
  }

  #hear({ subject, reply, payload }: Inbound): void {
    const address = parsePresenceSubject(subject);
    // What comes from elsewhere than the agent's own hand has no reply subject, or a foreign one.
    if (!address.ok || !reply.startsWith(callerInbox(address.value.agent))) return;
    const { agent, instance } = address.value;
    if (isGone(payload)) return this.#forget(agent, instance);
    const heard = this.#heard.get(agent) ?? new Map<string, number>();
    if (!heard.has(instance)) {
      if (this.#count >= mostInstances) return;
      this.#count++;
    }
    heard.set(instance, this.#clock.now());
    this.#heard.set(agent, heard);
  }

  #forget(agent: string, instance: string): void {
    const heard = this.#heard.get(agent);
    if (heard?.delete(instance) !== true) return;
    this.#count--;
    if (heard.size === 0) this.#heard.delete(agent);
  }
}

function isGone(payload: Uint8Array): boolean {
  try {
    const said: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    return (said as { readonly state?: unknown } | null)?.state === PresenceState.Gone;
  } catch {
    // A beat that cannot be read says that somebody is there.
    return false;
  }
}
