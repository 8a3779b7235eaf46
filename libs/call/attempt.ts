import { MeshError } from "../errors/index.ts";
import {
  type Clock,
  type Layer,
  type Load,
  proceed,
  type Reply,
  traced,
} from "../pipeline/index.ts";
import { type MeshMetrics, type MeshTracer, onStreamEnd } from "../telemetry/index.ts";

/**
 * Counts one attempt, gives it a span below its call's, and tells the balancer how it went.
 *
 * Innermost, so that what is measured is the far side and the way there, and none of our own waits. To the balancer
 * a stream has answered with its first frame; its span lasts to the last one.
 */
export function attempt(tracer: MeshTracer, metrics: MeshMetrics, load: Load, clock: Clock): Layer {
  return (next) =>
    function attempt(call): Promise<Reply> {
      const { operation } = call;
      const meter = metrics.client(operation);
      const span = tracer.startAttempt(call);
      const isTraced = span !== call.trace;
      const begunAt = clock.now();
      load.sent(call);
      return proceed(next, isTraced ? traced(call, span) : call).then(
        (reply) => {
          load.answered(call, clock.now() - begunAt, reply.instance, reply.load);
          meter.attempt("ok");
          if (!isTraced) return reply;
          if (!operation.streams) {
            tracer.end(span, undefined, reply.instance);
            return reply;
          }
          const value = onStreamEnd(reply.value as AsyncIterable<unknown>, call.signal, (error) =>
            tracer.end(span, error, reply.instance),
          );
          return { ...reply, value };
        },
        (thrown: unknown) => {
          const error = MeshError.from(thrown);
          load.failed(call, clock.now() - begunAt, error);
          meter.attempt(error.code);
          tracer.end(span, error, call.target?.instance);
          throw error;
        },
      );
    };
}
