import { resolveBreaker } from "../../../libs/call/breaker-options.ts";
import { Breakers } from "../../../libs/call/breakers.ts";
import { RetryBudget } from "../../../libs/call/budget.ts";
import { retry } from "../../../libs/call/retry.ts";
import { type RetryOptions, resolveRetry } from "../../../libs/call/retry-options.ts";
import type { MeshError } from "../../../libs/errors/index.ts";
import { isMeshError, type MeshCode } from "../../../libs/errors/index.ts";
import { CallSignal, type LinkState, type Send, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

/** A link that a test takes down and up. */
export class TestLink implements LinkState {
  isUp = true;
  backAt = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  whenUp(signal: CallSignal): Promise<void> {
    if (this.isUp) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.onEnd(reject);
    });
  }

  up(): void {
    this.isUp = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}

/** A clock, its wheel, and a retry layer on them. Without other dice each wait is the longest it may be. */
export function retrying(send: Send, options: RetryOptions = {}, random = () => 1) {
  const clock = new ManualClock();
  const wheel = new Wheel(clock);
  const link = new TestLink();
  const config = resolveRetry(options);
  let retries = 0;
  const layer = retry({
    config,
    budget: new RetryBudget(config, clock),
    clock,
    wheel,
    random,
    link,
    onRetry: () => retries++,
  });
  return {
    clock,
    link,
    send: layer(send),
    signal: () => new CallSignal(wheel),
    retries: () => retries,
  };
}

export function breakersOn(clock: ManualClock, turns: string[] = []): Breakers {
  return new Breakers({
    config: resolveBreaker(),
    clock,
    onTurn: (key, state) => turns.push(`${key} ${state}`),
  });
}

/** For `assert.rejects`: the error has this code, and this origin where one is given. */
export function refused(code: MeshCode, origin?: MeshError["origin"]): (error: unknown) => boolean {
  return (error) => isMeshError(error, code) && (origin === undefined || error.origin === origin);
}
