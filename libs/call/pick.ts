import type { Call, Layer, Picker } from "../pipeline/index.ts";

/**
 * Chooses the instance for an attempt; where nothing is known the broker's queue group chooses.
 *
 * Sits inside the limiter, so that the choice is made when the attempt leaves and not before it waited. Notes the
 * instance when it is chosen, not when it fails: the note is read by the next attempt only, and a handler for
 * failures would cost each call a promise.
 */
export function pick(picker: Picker): Layer {
  return (next) =>
    function pick(call) {
      const target = picker.pick(call);
      if (target === undefined) return next(call);
      call.tried.push(target.instance);
      return next(aimed(call, target));
    };
}

/** Field by field: a spread costs twice as much. */
function aimed(call: Call, target: NonNullable<Call["target"]>): Call {
  return {
    operation: call.operation,
    input: call.input,
    id: call.id,
    path: call.path,
    timeoutMs: call.timeoutMs,
    signal: call.signal,
    trace: call.trace,
    attempt: call.attempt,
    tried: call.tried,
    target,
  };
}
