import { MeshCode, MeshError } from "../errors/index.ts";
import type { Clock, Layer, Reply } from "../pipeline/index.ts";

/**
 * Ends a call, with every wait in it, when the caller's time is up.
 *
 * Sits outside all that waits, so that retries and queues count against it. A stream has it for the first frame.
 * Refuses at once what comes too late.
 */
export function deadline(clock: Clock): Layer {
  return (next) =>
    function deadline(call) {
      const { signal, timeoutMs } = call;
      if (signal.reason !== undefined) return Promise.reject(signal.reason);
      if (timeoutMs <= 0) return Promise.reject(tooLate(call.operation.key, timeoutMs));
      signal.expire(clock.now() + timeoutMs, timeoutMs, call.operation.key);
      return next(call).then(
        (reply: Reply) => {
          signal.settle();
          return reply;
        },
        (error: unknown) => {
          signal.settle();
          throw error;
        },
      );
    };
}

function tooLate(key: string, timeoutMs: number): MeshError {
  const lateMs = Math.round(-timeoutMs);
  return new MeshError(MeshCode.DeadlineExceeded, `${key} was asked ${lateMs} ms after its time`);
}
