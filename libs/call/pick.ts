import { type Call, CallRecord, type Layer, type Picker } from "../pipeline/index.ts";

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

function aimed(call: Call, target: Call["target"]): Call {
  const copy = CallRecord.from(call);
  copy.target = target;
  return copy;
}
