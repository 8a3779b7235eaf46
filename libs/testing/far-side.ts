import { MeshCode, MeshError, type MeshErrorOptions } from "../errors/index.ts";
import type { Call, Reply, Send } from "../pipeline/index.ts";

/** What stands where the network would: a `Send` that does as told and remembers. */
export interface FarSide {
  readonly send: Send;
  /** How many attempts have reached it. */
  readonly calls: number;
  /** Each of them, as it arrived. */
  readonly seen: readonly Call[];
}

/** Answers every attempt with this value. */
export function answering(value: unknown, from: Partial<Omit<Reply, "value">> = {}): FarSide {
  return new Scripted(async () => ({ value, instance: from.instance, load: from.load }));
}

/** Fails every attempt, as the far side would. */
export function failing(code: MeshCode, options: MeshErrorOptions = {}): FarSide {
  return new Scripted(async (call) => {
    const detail = `${call.operation.key} fails, as the test says`;
    throw new MeshError(code, detail, { origin: "peer", ...options });
  });
}

/** Never answers; ends as the call's signal does. */
export function hanging(): FarSide {
  return new Scripted((call) => new Promise((_, reject) => call.signal.onEnd(reject)));
}

/** Does as each of the given far sides, one attempt each, in order; the last one stays. */
export function farSide(...steps: readonly FarSide[]): FarSide {
  let next = 0;
  return new Scripted((call) => {
    const step = steps[Math.min(next++, steps.length - 1)];
    if (step !== undefined) return step.send(call);
    throw new MeshError(MeshCode.InvalidArgument, "farSide() needs at least one step");
  });
}

class Scripted implements FarSide {
  readonly #answer: Send;
  readonly #seen: Call[] = [];

  constructor(answer: Send) {
    this.#answer = answer;
  }

  readonly send: Send = (call) => {
    this.#seen.push(call);
    return this.#answer(call);
  };

  get calls(): number {
    return this.#seen.length;
  }

  get seen(): readonly Call[] {
    return this.#seen;
  }
}
