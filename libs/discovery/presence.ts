import {
  inboxPrefix,
  type Presence as Message,
  PresenceState,
  presenceSubject,
} from "@myelin/subjects";
import type { Link } from "../nats/index.ts";
import type { Clock } from "../pipeline/index.ts";

/** Whom to announce, and where to read how it is. */
export interface PresenceOptions {
  readonly link: Pick<Link, "publish" | "onUp">;
  readonly agent: string;
  readonly instance: string;
  /** Of the contract it serves. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Calls running and waiting now. */
  readonly load: () => number;
  /** Calls it can run at once. */
  readonly room: () => number;
  /** Calls taken since the start; while it stands still the beats get slower. */
  readonly taken: () => number;
}

const beatMs = 1_000;
/** A thousand agents that do nothing beat half as often. */
const idleBeatMs = 2_000;
/** Beats without a call before an instance counts as idle. */
const idleBeats = 10;
/** Beats come this much earlier or later, so that those who started together drift apart. */
const jitter = 0.1;
const utf8 = new TextEncoder();

/**
 * Says that an instance is there, how it is and how loaded: a beat about every second, a change at once, and
 * goodbye.
 *
 * Nobody answers. The reply subject only proves who speaks: it lies in the speaker's own inbox (SECURITY).
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #subject: string;
  readonly #reply: string;
  #state: PresenceState = PresenceState.Ready;
  #isOn = false;
  #taken = 0;
  #quiet = 0;
  #cancelBeat: (() => void) | undefined;
  #unhear: (() => void) | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#subject = presenceSubject(options.agent, options.instance);
    this.#reply = `${inboxPrefix(options.agent, options.instance)}presence`;
  }

  /** The state it last told. */
  get state(): PresenceState {
    return this.#state;
  }

  /** The first beat is sent at once: subscribe to what is served before. */
  start(): void {
    if (this.#isOn || this.#state === PresenceState.Gone) return;
    this.#isOn = true;
    // Callers that were cut off as well learn at once who is still there.
    this.#unhear = this.#options.link.onUp(() => this.#say());
    this.#beat();
  }

  /** Tells a new state at once. Nothing comes after goodbye. */
  change(state: PresenceState): void {
    if (this.#state === state || this.#state === PresenceState.Gone) return;
    this.#state = state;
    if (this.#isOn) this.#say();
  }

  /** Says goodbye; a second time does nothing. */
  stop(): void {
    this.change(PresenceState.Gone);
    this.#isOn = false;
    this.#cancelBeat?.();
    this.#unhear?.();
  }

  #beat(): void {
    const { clock, random, taken } = this.#options;
    const soFar = taken();
    this.#quiet = soFar === this.#taken ? this.#quiet + 1 : 0;
    this.#taken = soFar;
    this.#say();
    const delayMs = this.#beatMs() * (1 - jitter + 2 * jitter * random());
    this.#cancelBeat = clock.schedule(delayMs, () => this.#beat());
  }

  #beatMs(): number {
    return this.#quiet > idleBeats ? idleBeatMs : beatMs;
  }

  #say(): void {
    const { link, version, load, room } = this.#options;
    const message: Message = {
      state: this.#state,
      version,
      load: load(),
      room: room(),
      beatMs: this.#beatMs(),
    };
    try {
      link.publish(this.#subject, utf8.encode(JSON.stringify(message)), { reply: this.#reply });
    } catch {
      // The link is down or closed: silence says the same.
    }
  }
}
