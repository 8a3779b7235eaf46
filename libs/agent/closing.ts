import { maxDeadlineMs } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Link } from "../nats/index.ts";
import { type Clock, checkNumbers, inTime, pause } from "../pipeline/index.ts";
import type { Caller } from "./caller.ts";

export interface ClosingParts {
  readonly clock: Clock;
  readonly link: Link;
  readonly caller: Caller;
  readonly onEnd: () => void;
}

/** How long a drain lasts at most, unless it is told otherwise, in milliseconds. */
const usualMs = 20_000;
/** How much longer than its limit it may take until what was stopped has stopped, in milliseconds. */
const graceMs = 2_000;
/** How often it is looked whether the limit has become a shorter one, in milliseconds. */
const lookMs = 100;
/** How often it is looked whether calls are still under way, in milliseconds. */
const busyMs = 20;

/** The end of a connection. The first who asks begins it; whoever comes later with less time shortens it. */
export class Closing {
  readonly #parts: ClosingParts;
  /** When what runs has to be done, on the clock. */
  #until = Number.POSITIVE_INFINITY;
  #ending: Promise<void> | undefined;

  constructor(parts: ClosingParts) {
    this.#parts = parts;
  }

  get hasBegun(): boolean {
    return this.#ending !== undefined;
  }

  /** Ends it once what is served has stopped, or soon after the limit. */
  end(timeoutMs: number, stopped: Promise<unknown>): Promise<void> {
    const { clock, caller } = this.#parts;
    // A close waits for no call, so none may begin while the rest of it goes on.
    if (timeoutMs === 0) caller.refuse();
    this.#until = Math.min(this.#until, clock.now() + timeoutMs);
    // Only the first is waited for, and that not for ever.
    stopped.catch(() => {});
    this.#ending ??= this.#end(stopped);
    return this.#ending;
  }

  async #end(stopped: Promise<unknown>): Promise<void> {
    const { clock, link, caller, onEnd } = this.#parts;
    try {
      await this.#whenStopped(stopped);
      while (caller.isBusy && clock.now() < this.#until) await pause(clock, busyMs);
      // A close leaves that to the link, which waits for a second at most.
      if (link.isUp && clock.now() < this.#until) await link.flush(graceMs);
    } finally {
      await caller.stop();
      onEnd();
      await link.close();
    }
  }

  /** A server that says nothing any more must not hold it up for ever. */
  async #whenStopped(stopped: Promise<unknown>): Promise<void> {
    const { clock } = this.#parts;
    for (;;) {
      if (await inTime(clock, lookMs, stopped)) return;
      if (clock.now() >= this.#until + graceMs) return;
    }
  }
}

/** Why nobody was served: the connection was closed while that began. */
export function closedMeanwhile(name: string): MeshError {
  return new MeshError(MeshCode.Closed, `the connection of ${name} was closed before it served`);
}

/** The limit of a drain, or of a subscription's stop. */
export function drainTime(
  what: string,
  { timeoutMs = usualMs }: { readonly timeoutMs?: number } = {},
): number {
  const rule = { min: 0, max: maxDeadlineMs, whole: false };
  return checkNumbers(what, { timeoutMs }, { timeoutMs: rule }).timeoutMs;
}
