import type { Layer } from "../pipeline/index.ts";
import type { Breakers } from "./breakers.ts";

/**
 * Refuses calls to a skill that keeps failing on the far side, until one that tries again succeeds.
 *
 * Sits inside retry, so that it judges every attempt, and outside the limiter: a dead target must queue nobody.
 * Only an unwell far side counts: refusals, bad input, callers who gave up and instances that died do not.
 */
export function breaker(breakers: Breakers): Layer {
  return (next) =>
    function breaker(call) {
      const circuit = breakers.circuit(call.operation.key);
      if (!circuit.isClosed) return circuit.probe(next, call);
      const { onReply, onStream, onError } = circuit;
      return next(call).then(call.operation.streams ? onStream : onReply, onError);
    };
}
