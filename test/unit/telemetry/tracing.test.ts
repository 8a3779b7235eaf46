import assert from "node:assert/strict";
import { test } from "node:test";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-node";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { MeshTracer } from "../../../libs/telemetry/index.ts";
import { call, operation, request } from "../../../libs/testing/index.ts";
import { recording, sampledParent, unsampledParent } from "./spans.ts";

const summarize = operation({ agent: "summarizer", skill: "summarize", version: "1.2.0" });
const parts = { agent: "summarizer", skill: "summarize", version: "1.2.0" };

test("a call's span says what the conventions ask of messaging, rpc and agent spans", () => {
  const { tracer, span } = recording();
  tracer.end(tracer.startCall(summarize, "call-7", undefined), undefined, "s1");
  const { kind, attributes, status } = span("summarizer/summarize");
  assert.equal(kind, SpanKind.CLIENT);
  assert.equal(status.code, SpanStatusCode.UNSET);
  assert.deepEqual(attributes, {
    "messaging.system": "nats",
    "messaging.operation.name": "request",
    "messaging.operation.type": "send",
    "messaging.destination.template": "mesh.call.summarizer.summarize.{route}.{caller}",
    "messaging.message.conversation_id": "call-7",
    "rpc.system": "myelin",
    "rpc.system.name": "myelin",
    "rpc.service": "summarizer",
    "rpc.method": "summarizer/summarize",
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "summarizer",
    "gen_ai.agent.id": "summarizer",
    "gen_ai.agent.version": "1.2.0",
    "mesh.caller": "ops",
    "mesh.instance": "s1",
  });
});

test("an attempt is a child with its number, its subject and who answered", () => {
  const { tracer, span } = recording();
  const trace = tracer.startCall(summarize, "call-7", undefined);
  const target = { instance: "s1", route: "i-s1" };
  const attempt = tracer.startAttempt(call({ operation: parts, trace, attempt: 2, target }));
  tracer.end(attempt, undefined, "s1");
  tracer.end(trace);
  const child = span("attempt summarizer/summarize");
  assert.equal(child.kind, SpanKind.CLIENT);
  assert.equal(child.parentSpanContext?.spanId, trace.spanId);
  assert.equal(child.spanContext().traceId, trace.traceId);
  assert.equal(child.attributes["mesh.attempt"], 2);
  assert.equal(child.attributes["mesh.instance"], "s1");
  assert.equal(
    child.attributes["messaging.destination.name"],
    "mesh.call.summarizer.summarize.i-s1.ops",
  );
});

test("a request's span is a server's, below the caller's attempt", () => {
  const { tracer, span } = recording({ name: "summarizer", instance: "s1" });
  const context = tracer.startServe(
    request({ operation: parts, trace: sampledParent, id: "call-7", caller: "ops", attempt: 2 }),
  );
  tracer.end(context);
  const { kind, attributes, parentSpanContext } = span("summarizer/summarize");
  assert.equal(kind, SpanKind.SERVER);
  assert.equal(parentSpanContext?.spanId, sampledParent.spanId);
  assert.equal(parentSpanContext?.isRemote, true);
  assert.equal(context.traceId, sampledParent.traceId);
  assert.notEqual(context.spanId, sampledParent.spanId);
  assert.equal(attributes["messaging.operation.type"], "process");
  assert.equal(attributes["messaging.consumer.group.name"], "summarizer");
  assert.equal(attributes["mesh.caller"], "ops");
  assert.equal(attributes["mesh.attempt"], 2);
  assert.equal(attributes["gen_ai.agent.version"], "1.2.0");
});

test("an error is on the span by its code, and a domain error by its name", () => {
  const { tracer, spans } = recording();
  const failed = new MeshError(MeshCode.Overloaded, "no room");
  const domain = new MeshError(MeshCode.DomainError, "too_short", {
    domain: { name: "too_short", data: {} },
  });
  for (const error of [failed, domain]) {
    tracer.end(tracer.startCall(summarize, "call-7", undefined), error);
  }
  assert.deepEqual(
    spans.map(({ attributes }) => attributes["error.type"]),
    ["overloaded", "too_short"],
  );
  assert.deepEqual(spans[0]?.status, {
    code: SpanStatusCode.ERROR,
    message: "overloaded: no room",
  });
});

test("what the caller did wrong or gave up is no failure of the server", () => {
  const { tracer, spans } = recording();
  const codes = [MeshCode.InvalidInput, MeshCode.Cancelled, MeshCode.HandlerFailed];
  for (const code of codes) {
    tracer.end(tracer.startServe(request({ trace: sampledParent })), new MeshError(code, "so"));
  }
  assert.deepEqual(
    spans.map(({ status }) => status.code),
    [SpanStatusCode.UNSET, SpanStatusCode.UNSET, SpanStatusCode.ERROR],
  );
});

test("below a parent that is not sampled there is no span, and the parent stays what it is", () => {
  const { tracer, spans } = recording();
  assert.equal(tracer.startCall(summarize, "call-7", unsampledParent), unsampledParent);
  assert.equal(tracer.startAttempt(call({ trace: unsampledParent })), unsampledParent);
  assert.equal(tracer.startServe(request({ trace: unsampledParent })), unsampledParent);
  tracer.end(unsampledParent);
  assert.equal(spans.length, 0);
});

test("a root that the sampler drops still has ids for logs, and says that it is not sampled", () => {
  const { tracer, spans } = recording({ sampler: new AlwaysOffSampler() });
  for (const context of [
    tracer.startCall(summarize, "call-7", undefined),
    tracer.startServe(request()),
  ]) {
    assert.match(context.traceId, /^[0-9a-f]{32}$/);
    assert.match(context.spanId, /^[0-9a-f]{16}$/);
    assert.equal(context.sampled, false);
    tracer.end(context);
  }
  assert.equal(spans.length, 0);
});

test("the sampler of the SDK decides on each root", () => {
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.3) });
  const { tracer, spans } = recording({ sampler });
  for (let at = 0; at < 1_000; at++) {
    tracer.end(tracer.startCall(summarize, "call-7", undefined));
  }
  assert.ok(spans.length > 200 && spans.length < 400, `${spans.length} of 1000`);
});

test("tracestate goes through a span as it came", () => {
  const { tracer } = recording();
  const context = tracer.startServe(request({ trace: { ...sampledParent, state: "a=1,b=2" } }));
  const onward = tracer.startCall(summarize, "call-8", context);
  assert.equal(onward.state, "a=1,b=2");
  tracer.end(onward);
  tracer.end(context);
});

test("a sampler that drops a child of a sampled parent leaves no span to end", () => {
  const { tracer, spans } = recording({
    sampler: { shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }) },
  });
  const context = tracer.startServe(request({ trace: sampledParent }));
  assert.equal(context.traceId, sampledParent.traceId);
  assert.equal(context.sampled, false);
  tracer.end(context);
  assert.equal(spans.length, 0);
});

test("without an SDK contexts go through unchanged, and a new one is made where there is none", () => {
  const tracer = new MeshTracer({ name: "ops", instance: "i1" });
  assert.equal(tracer.startCall(summarize, "call-7", sampledParent), sampledParent);
  assert.equal(tracer.startServe(request({ trace: sampledParent })), sampledParent);
  assert.equal(tracer.startAttempt(call({ trace: sampledParent })), sampledParent);
  const first = tracer.startCall(summarize, "call-7", undefined);
  assert.equal(first.sampled, false);
  assert.notEqual(first.traceId, tracer.startCall(summarize, "call-8", undefined).traceId);
  assert.equal(
    tracer.within(first, () => 7),
    7,
  );
});
