import { MeshError } from "../errors/index.ts";
import { type Call, type Clock, type Layer, type Reply, systemClock } from "../pipeline/index.ts";
import { type MeshMetrics, type MeshTracer, onStreamEnd } from "../telemetry/index.ts";

/**
 * One span and one count for what the caller asked, however many attempts it takes.
 *
 * Outermost, so that every refusal is seen. A stream is over with its last frame. Refuses nothing itself.
 */
export function trace(tracer: MeshTracer, metrics: MeshMetrics, clock: Clock = systemClock): Layer {
  return (next) =>
    async function trace(call): Promise<Reply> {
      const meter = metrics.client(call.operation);
      const span = tracer.startCall(call.operation, call.id, call.trace);
      const begunAt = clock.now();
      meter.begin();
      try {
        const reply = await next(span === call.trace ? call : { ...call, trace: span });
        if (call.operation.streams) return followed(call, reply, end);
        meter.end("ok", clock.now() - begunAt);
        tracer.end(span, undefined, reply.instance);
        return reply;
      } catch (thrown) {
        const error = MeshError.from(thrown);
        end(error);
        throw error;
      }

      function end(error: MeshError | undefined): void {
        meter.end(error?.code ?? "ok", clock.now() - begunAt);
        tracer.end(span, error);
      }
    };
}

function followed(call: Call, reply: Reply, end: (error: MeshError | undefined) => void): Reply {
  const frames = onStreamEnd(reply.value as AsyncIterable<unknown>, call.signal, end);
  return frames === reply.value ? reply : { ...reply, value: frames };
}
