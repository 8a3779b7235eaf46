import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { MeshTracer, startSdk, type Telemetry } from "../../../libs/telemetry/index.ts";
import { SlimSpan } from "../../../libs/telemetry/slim-span.ts";
import { call, operation, request } from "../../../libs/testing/index.ts";
import { recording, sampledParent } from "./spans.ts";

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.stop());

const names = { name: "ops", instance: "i1" };
const summarize = operation({ agent: "summarizer", skill: "summarize", version: "1.2.0" });
const failure = new MeshError(MeshCode.HandlerFailed, "it broke");

/** A program's own SDK, which keeps what ended. */
async function started(env: Record<string, string> = {}) {
  const exporter = new InMemorySpanExporter();
  telemetry = await startSdk({ service: "desk", env, sinks: [new SimpleSpanProcessor(exporter)] });
  return () => exporter.getFinishedSpans();
}

/** A request served, the onward call that it makes, and its attempt, which fails. */
function makeSpans(tracer: MeshTracer): void {
  const parts = { agent: "summarizer", skill: "summarize", version: "1.2.0" };
  const served = tracer.startServe(
    request({ operation: parts, trace: { ...sampledParent, state: "vendor=1" }, caller: "ops" }),
  );
  const trace = tracer.startCall(summarize, "call-7", served);
  const target = { instance: "s1", route: "i-s1" };
  tracer.end(
    tracer.startAttempt(call({ operation: parts, trace, attempt: 2, target })),
    failure,
    "s1",
  );
  tracer.end(trace, failure, "s1");
  tracer.end(served);
}

test("a slim span says all that the SDK's own says", async () => {
  const spans = await started();
  makeSpans(new MeshTracer(names));
  const own = recording(names);
  makeSpans(own.tracer);
  assert.equal(spans().length, 3);
  const said = (all: readonly (typeof own.spans)[number][]) =>
    all.map((span) => ({
      name: span.name,
      kind: span.kind,
      attributes: span.attributes,
      status: span.status,
      below: all.findIndex(
        (other) => other.spanContext().spanId === span.parentSpanContext?.spanId,
      ),
      isRemote: span.parentSpanContext?.isRemote,
      traceId: span.spanContext().traceId,
      flags: span.spanContext().traceFlags,
      state: span.spanContext().traceState?.serialize(),
      events: span.events,
      links: span.links,
      ended: span.ended,
      scope: span.instrumentationScope.name,
      dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    }));
  assert.deepEqual(said(spans()), said(own.spans));
  assert.ok(spans().every((span) => span instanceof SlimSpan));
  assert.equal(spans()[0]?.status.code, SpanStatusCode.ERROR);
  assert.equal(spans()[0]?.resource.attributes["service.name"], "desk");
});

test("a slim span tells when it began and how long it took", async () => {
  const spans = await started();
  const before = Date.now();
  makeSpans(new MeshTracer(names));
  const span = spans()[0];
  assert.ok(span !== undefined);
  const [seconds, nanoseconds] = span.startTime;
  const beganAt = seconds * 1_000 + nanoseconds / 1_000_000;
  assert.ok(beganAt >= before - 1 && beganAt <= Date.now() + 1);
  const total = (time: readonly [number, number]): number => time[0] + time[1] / 1_000_000_000;
  const tookFor = total(span.endTime) - total(span.startTime);
  assert.ok(Math.abs(tookFor - total(span.duration)) < 0.000_01);
});

test("a slim span that has ended stays as it was", async () => {
  const spans = await started();
  makeSpans(new MeshTracer(names));
  const span = spans()[0];
  assert.ok(span instanceof SlimSpan);
  const { name, attributes, duration } = span;
  const copy = { ...attributes };
  span.updateName("other").setAttribute("late", 1).setAttributes({ late: 1 });
  span.setStatus({ code: SpanStatusCode.OK }).end();
  assert.deepEqual([span.name, span.duration], [name, duration]);
  assert.deepEqual(span.attributes, copy);
  assert.equal(span.status.code, SpanStatusCode.ERROR);
  assert.equal(spans().length, 3);
});

test("the SDK's own spans are made where handlers see them, and where the environment limits them", async () => {
  const seen = await started();
  makeSpans(new MeshTracer({ ...names, activates: true }));
  assert.ok(seen().every((span) => !(span instanceof SlimSpan)));
  await telemetry?.stop();
  const limited = await started({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "64" });
  makeSpans(new MeshTracer(names));
  assert.equal(limited().length, 3);
  assert.ok(limited().every((span) => !(span instanceof SlimSpan)));
});
