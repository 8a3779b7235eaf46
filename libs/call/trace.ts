import { MeshError } from "../errors/index.ts";
import {
  type Call,
  type Clock,
  type Layer,
  proceed,
  type Reply,
  systemClock,
  traced,
} from "../pipeline/index.ts";
import { type MeshMetrics, type MeshTracer, onStreamEnd } from "../telemetry/index.ts";

/**
 * One span and one count for what the caller asked, however many attempts it takes.
 *
 * Outermost, so that every refusal is seen. A stream is over with its last frame. Refuses nothing itself.
 */
export function trace(tracer: MeshTracer, metrics: MeshMetrics, clock: Clock = systemClock): Layer {
  return (next) =>
    function trace(call): Promise<Reply> {
      const { operation } = call;
      const meter = metrics.client(operation);
      const span = tracer.startCall(operation, call.id, call.trace);
      const begunAt = clock.now();
      const end = (error: MeshError | undefined, instance?: string): void => {
        meter.end(error?.code ?? "ok", clock.now() - begunAt);
        tracer.end(span, error, instance);
      };
      meter.begin();
      return proceed(next, traced(call, span)).then(
        (reply) => {
          if (operation.streams) return followed(call, reply, end);
          end(undefined, reply.instance);
          return reply;
        },
        (thrown) => {
          const error = MeshError.from(thrown);
          end(error);
          throw error;
        },
      );
    };
}

function followed(call: Call, reply: Reply, end: (error: MeshError | undefined) => void): Reply {
  const frames = onStreamEnd(reply.value as AsyncIterable<unknown>, call.signal, end);
  return frames === reply.value ? reply : { ...reply, value: frames };
}
