import { codeTable, MeshCode, type MeshError } from "../errors/index.ts";
import type { Call, Clock, LinkState, Wheel } from "../pipeline/index.ts";
import type { RetryBudget } from "./budget.ts";
import type { RetryConfig } from "./retry-options.ts";

/** What retries need of the world; one per connection. */
export interface RetryParts {
  readonly config: RetryConfig;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly random: () => number;
  readonly link: LinkState;
  /** Told before each further attempt. */
  readonly onRetry: (call: Call) => void;
}

/** What to do about a failed attempt. */
export type NextStep =
  | { readonly is: "stop" }
  | { readonly is: "again"; readonly afterMs: number }
  | { readonly is: "again when the link is up" };

/** Most instances that may die under one call: more than that is no accident. */
const mostFailovers = 10;

/** How long a call waits for the broker, and for agents to come back after it. */
export const linkPatienceMs = 5_000;

/** How long after the broker is back an agent that nobody serves may only be late, in milliseconds. */
const settlesMs = 2_000;

const stop: NextStep = Object.freeze({ is: "stop" });
const atOnce: NextStep = Object.freeze({ is: "again", afterMs: 0 });
const whenUp: NextStep = Object.freeze({ is: "again when the link is up" });

/** The rules for one call that failed: what it has used up, and whether it may go again. */
export class Tries {
  readonly #parts: RetryParts;
  readonly #linkUntil: number;
  #retries = 0;
  #failovers = 0;
  #settlings = 0;
  #isLinkLost = false;

  constructor(parts: RetryParts, now: number) {
    this.#parts = parts;
    this.#linkUntil = now + linkPatienceMs;
  }

  /** Until when the call waits for the link, on the clock. */
  get linkUntil(): number {
    return this.#linkUntil;
  }

  judge(call: Call, error: MeshError, now: number): NextStep {
    const retry = codeTable[error.code].retry;
    if (retry === "no" || (retry === "idempotent" && !call.operation.idempotent)) return stop;
    if (error.origin === "here") return this.#failedHere(error);
    if (hasDied(error)) return this.#failover();
    if (error.code === MeshCode.UnknownAgent && this.#mayComeBack(now)) return this.#settle();
    return this.#spend(call, error, now);
  }

  /** The broker was away, for this call or just before it: instances are not all back yet. */
  #mayComeBack(now: number): boolean {
    if (now >= this.#linkUntil) return false;
    return this.#isLinkLost || now - this.#parts.link.backAt < settlesMs;
  }

  /** The link was lost, or this side refuses the call and would refuse it again. */
  #failedHere({ code }: MeshError): NextStep {
    if (code === MeshCode.UnknownOutcome) this.#isLinkLost = true;
    // Nothing was sent and the link is down: the caller hears of it now, not after a wait.
    else if (code !== MeshCode.Unavailable || !this.#isLinkLost) return stop;
    // A link that comes and goes must not carry the call around for ever.
    return ++this.#failovers > mostFailovers ? stop : whenUp;
  }

  /** Free: somebody's death is not this call's fault, and the next instance has no part in it. */
  #failover(): NextStep {
    return ++this.#failovers > mostFailovers ? stop : atOnce;
  }

  /** The broker is back and the agent not yet: its instances reconnect one after the other. Free, bounded by time. */
  #settle(): NextStep {
    return { is: "again", afterMs: this.#jitter(++this.#settlings) };
  }

  #spend(call: Call, error: MeshError, now: number): NextStep {
    const { config, budget } = this.#parts;
    if (this.#retries + 1 >= config.attempts) return stop;
    const afterMs = this.#askedMs(call, error) + this.#jitter(this.#retries + 1);
    // A wait that outlives the deadline only hides the reason.
    const remainingMs = (call.signal.expiresAt ?? Number.MAX_VALUE) - now;
    if (afterMs >= remainingMs || !budget.take()) return stop;
    this.#retries++;
    return { is: "again", afterMs };
  }

  /** How long the far side wants to be left alone. The first instance that says so speaks for itself, not for others. */
  #askedMs({ tried }: Call, { retryAfterMs }: MeshError): number {
    const mayGoElsewhere = this.#retries === 0 && tried.length > 0;
    return mayGoElsewhere ? 0 : (retryAfterMs ?? 0);
  }

  /** Full jitter: callers that failed together must not come back together. */
  #jitter(retry: number): number {
    const { config, random } = this.#parts;
    return random() * Math.min(config.firstDelayMs * 2 ** (retry - 1), config.maxDelayMs);
  }
}

function hasDied({ code }: MeshError): boolean {
  return (
    code === MeshCode.Draining || code === MeshCode.Unavailable || code === MeshCode.UnknownOutcome
  );
}
