import type { Contract } from "../../../libs/contract/index.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import {
  CallSignal,
  systemClock as clock,
  type Operation,
  type Request,
  type Serve,
  type ServeLayer,
  type Wheel,
} from "../../../libs/pipeline/index.ts";
import { Admission } from "../../../libs/serve/admission.ts";
import { resolveAdmission } from "../../../libs/serve/admission-options.ts";
import { handler } from "../../../libs/serve/handler.ts";
import { serveStack } from "../../../libs/serve/stack.ts";
import { MeshMetrics, MeshTracer } from "../../../libs/telemetry/index.ts";
import { makePayload } from "../support/payload.ts";

/** The incoming layers of one instance. */
export function incomingLayers(contract: Contract): readonly ServeLayer[] {
  return serveStack({
    ...{ contract, clock, access: undefined },
    admission: new Admission({ config: resolveAdmission(), clock, onShed: () => {} }),
    tracer: new MeshTracer({ name: contract.name, instance: "a1" }),
    metrics: new MeshMetrics(),
    onBroken: () => {},
    verifyToken: () => Promise.reject(new MeshError(MeshCode.Internal, "no token is sent here")),
  });
}

/** A handler that answers at once. */
export function fakeHandler(): Serve {
  const answer = makePayload();
  return handler(() => answer);
}

/** Makes requests as the transport does; one in ten is traced by its caller. */
export function requests(operation: Operation, wheel: Wheel): () => Request {
  const payload = operation.request.encode(makePayload());
  let made = 0;
  return () => {
    made++;
    const signal = new CallSignal(wheel);
    signal.expire(clock.now() + 30_000, 30_000, "bench.echo");
    return {
      operation,
      caller: "bench-caller",
      direct: true,
      id: `c1-${made.toString(36)}`,
      path: "bench-caller",
      attempt: 1,
      timeoutMs: 30_000,
      signal,
      trace: {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        sampled: made % 10 === 0,
      },
      payload,
      input: undefined,
      codec: operation.request,
    };
  };
}
