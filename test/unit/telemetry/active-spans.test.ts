import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { trace } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { trace as serveTrace } from "../../../libs/serve/trace.ts";
import {
  MeshMetrics,
  MeshTracer,
  startSdk,
  type Telemetry,
} from "../../../libs/telemetry/index.ts";
import { ManualClock, operation, request } from "../../../libs/testing/index.ts";
import { sampledParent, unsampledParent } from "./spans.ts";

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.stop());

async function start(ratio: number, keepsActiveSpan = true): Promise<InMemorySpanExporter> {
  const exporter = new InMemorySpanExporter();
  const sinks = [new SimpleSpanProcessor(exporter)];
  telemetry = await startSdk({ service: "ops", env: {}, ratio, sinks, keepsActiveSpan });
  return exporter;
}

const work = operation();

function tracerOf(activates = false): MeshTracer {
  return new MeshTracer({ name: "ops", instance: "i1", activates });
}

test("a call joins the span that is active in its caller's code", async () => {
  const exporter = await start(1);
  const tracer = tracerOf();
  trace.getTracer("app").startActiveSpan("page", (page) => {
    const context = tracer.startCall(work, "call-1", undefined);
    assert.equal(context.traceId, page.spanContext().traceId);
    tracer.end(context);
    page.end();
  });
  const [mesh, page] = exporter.getFinishedSpans();
  assert.equal(mesh?.parentSpanContext?.spanId, page?.spanContext().spanId);
});

test("the active span is kept only where the program asks for it", async () => {
  await start(1, false);
  trace.getTracer("app").startActiveSpan("page", (page) => {
    assert.equal(trace.getActiveSpan(), undefined);
    page.end();
  });
});

test("a call in an active span that is not sampled is not sampled either", async () => {
  const exporter = await start(0);
  const tracer = tracerOf();
  trace.getTracer("app").startActiveSpan("page", (page) => {
    const context = tracer.startCall(work, "call-1", undefined);
    assert.equal(context.traceId, page.spanContext().traceId);
    assert.equal(context.sampled, false);
    tracer.end(context);
    page.end();
  });
  assert.equal(exporter.getFinishedSpans().length, 0);
});

test("an onward call hangs below its handler's own active span only when that is of the same trace", async () => {
  await start(1);
  const tracer = tracerOf();
  const served = tracer.startServe(request({ trace: sampledParent }));
  const app = trace.getTracer("app");
  tracer.within(served, () =>
    app.startActiveSpan("step", (step) => {
      const context = tracer.startCall(work, "call-1", served);
      assert.equal(context.traceId, sampledParent.traceId);
      tracer.end(context);
      step.end();
    }),
  );
  app.startActiveSpan("other", (other) => {
    const context = tracer.startCall(work, "call-2", served);
    assert.equal(context.traceId, sampledParent.traceId);
    tracer.end(context);
    other.end();
  });
  tracer.end(served);
});

test("startSdk decides on a root before any span is made, and the SDK follows", async () => {
  const exporter = await start(0.3);
  const tracer = tracerOf();
  let sampled = 0;
  for (let at = 0; at < 1_000; at++) {
    const context = tracer.startCall(work, "call-1", undefined);
    if (context.sampled) sampled++;
    tracer.end(context);
  }
  assert.ok(sampled > 200 && sampled < 400, `${sampled} of 1000`);
  assert.equal(exporter.getFinishedSpans().length, sampled);
});

test("an SDK that starts after the connection was made is used from then on", async () => {
  const tracer = tracerOf();
  assert.equal(tracer.startCall(work, "call-1", undefined).sampled, false);
  const exporter = await start(1);
  const context = tracer.startCall(work, "call-2", undefined);
  assert.equal(context.sampled, true);
  tracer.end(context);
  assert.equal(exporter.getFinishedSpans().length, 1);
});

test("a handler runs with its span active when its agent asks for that, and not otherwise", async () => {
  await start(1);
  const activeSpan = async (): Promise<unknown> => trace.getActiveSpan()?.spanContext().traceId;
  for (const [activates, expected] of [
    [true, sampledParent.traceId],
    [false, undefined],
  ] as const) {
    const layer = serveTrace(tracerOf(activates), new MeshMetrics(), undefined, new ManualClock());
    const serve = layer(activeSpan);
    assert.equal(await serve(request({ trace: sampledParent })), expected);
    assert.equal(await serve(request({ trace: unsampledParent })), undefined);
  }
});
