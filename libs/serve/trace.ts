import { MeshCode, MeshError } from "../errors/index.ts";
import {
  type Clock,
  proceed,
  type Request,
  RequestRecord,
  type ServeLayer,
} from "../pipeline/index.ts";
import {
  type AccessHook,
  type MeshMetrics,
  type MeshTracer,
  onStreamEnd,
} from "../telemetry/index.ts";

/**
 * One span, one count and one line of the access log for each request.
 *
 * Outermost: a refusal nobody can see is a bug. A stream is over with its last frame. Refuses nothing itself.
 */
export function trace(
  tracer: MeshTracer,
  metrics: MeshMetrics,
  access: AccessHook | undefined,
  clock: Clock,
): ServeLayer {
  return (next) =>
    function trace(request): Promise<unknown> {
      const { operation, signal } = request;
      const meter = metrics.server(operation);
      const span = tracer.startServe(request);
      const begunAt = clock.now();
      meter.begin();
      const traced = span === request.trace ? request : withSpan(request, span);
      const end = (error: MeshError | undefined): void => {
        const code = error?.code ?? "ok";
        const tookMs = clock.now() - begunAt;
        meter.end(code, tookMs);
        tracer.end(span, error);
        if (access !== undefined) report(access, traced, code, tookMs);
      };
      const answering = tracer.activates
        ? tracer.within(span, () => proceed(next, traced))
        : proceed(next, traced);
      return answering.then(
        (answer) => {
          if (operation.streams) return onStreamEnd(answer as AsyncIterable<unknown>, signal, end);
          end(undefined);
          return answer;
        },
        (thrown: unknown) => {
          const error = known(thrown);
          end(error);
          throw error;
        },
      );
    };
}

/** What is no error of the mesh may say what is nobody's business: its text stays here. */
function known(thrown: unknown): MeshError {
  if (thrown instanceof MeshError) return thrown;
  return new MeshError(MeshCode.Internal, "the agent failed before its handler ran", {
    cause: thrown,
  });
}

function withSpan(request: Request, trace: Request["trace"]): Request {
  const copy = RequestRecord.from(request);
  copy.trace = trace;
  return copy;
}

function report(
  access: AccessHook,
  request: Request,
  code: MeshError["code"] | "ok",
  tookMs: number,
): void {
  const { operation, caller, id, attempt, path, trace } = request;
  try {
    access({
      agent: operation.agent,
      skill: operation.skill,
      caller,
      id,
      attempt,
      path,
      traceId: trace?.traceId,
      spanId: trace?.spanId,
      code,
      tookMs,
    });
  } catch {
    // A log that fails is no reason to fail a request that has been served.
  }
}
