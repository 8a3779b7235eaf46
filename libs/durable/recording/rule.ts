import {
  configSubject,
  parseRecording,
  recordedShare,
  recordingKind,
  Store,
} from "@myelin/subjects";
import type { Link, Listening } from "../../nats/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import type { StoreAccess } from "../stored/store.ts";

export interface RecordingRuleParts {
  readonly agent: string;
  readonly link: Pick<Link, "subscribe" | "onUp" | "isUp">;
  readonly store: Pick<StoreAccess, "last">;
  readonly clock: Clock;
  /** Tells people of a rule that cannot be read. */
  readonly warn: (detail: string) => void;
}

/** Between two looks where nobody says that the rule has changed, in milliseconds. */
const againMs = 60_000;
/** After a hint it is read twice: a replica that answers may not have heard of the change yet. In milliseconds. */
const afterHintMs = [250, 2_000] as const;

/**
 * Which share of an agent's calls is recorded now, as `apply` has published it.
 *
 * What is told live is a hint only, since others can put a message there: the rule is read from the store. Where none
 * can be read, the last one stands; at first that is: nothing.
 */
export class RecordingRule {
  /** From 0, nothing, to 1, every call. */
  share = 0;
  readonly #parts: RecordingRuleParts;
  readonly #subject = configSubject(recordingKind);
  readonly #timers = new Map<string, () => void>();
  #storedAt = 0;
  #listening: Listening | undefined;
  #unhear = (): void => {};
  #isStopped = false;

  constructor(parts: RecordingRuleParts) {
    this.#parts = parts;
  }

  /** Follows it from now on; waits for nothing. */
  start(): void {
    const { link } = this.#parts;
    this.#listening = link.subscribe(this.#subject, () => this.#hinted());
    this.#unhear = link.onUp(() => this.#hinted());
    this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unhear();
    void this.#listening?.stop();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** However many hints come, each of the two looks is made once. */
  #hinted(): void {
    for (const ms of afterHintMs) this.#later(`hint ${ms}`, ms, () => void this.#read());
  }

  #look(): void {
    void this.#read();
    this.#later("again", againMs, () => this.#look());
  }

  #later(what: string, ms: number, run: () => void): void {
    if (this.#isStopped || this.#timers.has(what)) return;
    const cancel = this.#parts.clock.schedule(ms, () => {
      this.#timers.delete(what);
      run();
    });
    this.#timers.set(what, cancel);
  }

  async #read(): Promise<void> {
    const { store, agent, warn, link } = this.#parts;
    if (!link.isUp) return;
    try {
      const found = await store.last(Store.config, this.#subject);
      const storedAt = found?.storedAt.getTime() ?? 0;
      // A replica that lags tells an older rule. By time: in a stream that was made anew sequences begin at 1 again.
      if (found === undefined || storedAt <= this.#storedAt || this.#isStopped) return;
      this.#storedAt = storedAt;
      const rule = parseRecording(Buffer.from(found.payload).toString("utf8"));
      this.share = rule.ok ? recordedShare(rule.value, agent) : 0;
      if (!rule.ok) warn(`${this.#subject} cannot be read, so nothing is recorded: ${rule.why}`);
    } catch {
      // No store, or none that answers now: the last rule stands.
    }
  }
}
