import { filters, PresenceState } from "@myelin/subjects";
import type { Inbound, Link, Listening } from "../nats/index.ts";
import type { Clock } from "../pipeline/index.ts";
import { readBeat } from "./beat.ts";

/** Which agent's instances to hear, this one left out. */
export interface SiblingsOptions {
  readonly link: Pick<Link, "subscribe">;
  readonly agent: string;
  readonly instance: string;
  readonly clock: Clock;
  /** Hears that one has told something new. */
  readonly onChange: () => void;
}

interface Sibling {
  readonly state: PresenceState;
  readonly heardAt: number;
  readonly beatMs: number;
}

/** Beats that may stay away; one fewer than for callers, since an open door that is not there costs more. */
const silentBeats = 2;
const maxSiblings = 1_000;

/** What the other instances of an agent tell of themselves. */
export class Siblings {
  readonly #options: SiblingsOptions;
  readonly #others = new Map<string, Sibling>();
  #listening: Listening | undefined;

  constructor(options: SiblingsOptions) {
    this.#options = options;
  }

  get isListening(): boolean {
    return this.#listening !== undefined;
  }

  /** Begins to hear them; throws what the link throws. */
  listen(): void {
    const { link, agent } = this.#options;
    this.#listening ??= link.subscribe(filters.presence(agent), (message) => this.#on(message));
  }

  stop(): void {
    const listening = this.#listening;
    this.#listening = undefined;
    this.#others.clear();
    void listening?.stop();
  }

  /** Whether another one has room. */
  get anyReady(): boolean {
    for (const sibling of this.#others.values()) {
      if (sibling.state === PresenceState.Ready && this.#isAlive(sibling)) return true;
    }
    return false;
  }

  /** Whether one that is full as well comes before this one. */
  get anyFullBefore(): boolean {
    for (const [instance, sibling] of this.#others) {
      if (instance >= this.#options.instance || sibling.state !== PresenceState.Full) continue;
      if (this.#isAlive(sibling)) return true;
    }
    return false;
  }

  #isAlive(sibling: Sibling): boolean {
    return this.#options.clock.now() - sibling.heardAt <= silentBeats * sibling.beatMs * 1.1;
  }

  #on(message: Inbound): void {
    const { agent, instance, clock, onChange } = this.#options;
    const read = readBeat(agent, message);
    // What cannot be read is counted by those who call this agent; here it is only no sibling.
    if (!read.ok || read.value.instance === instance || this.#listening === undefined) return;
    const { state, beatMs } = read.value;
    if (state === PresenceState.Gone) this.#others.delete(read.value.instance);
    else if (this.#others.size < maxSiblings || this.#others.has(read.value.instance))
      this.#others.set(read.value.instance, { state, beatMs, heardAt: clock.now() });
    else this.#forgetSilent();
    onChange();
  }

  #forgetSilent(): void {
    for (const [instance, sibling] of this.#others) {
      if (!this.#isAlive(sibling)) this.#others.delete(instance);
    }
  }
}
