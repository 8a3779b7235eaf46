import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type AccessRecord, defineAgent, skill } from "@myelin/mesh";
import { startTelemetry, type Telemetry } from "@myelin/mesh/program";
import { eventually, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { headers, connect as natsConnect } from "@nats-io/transport-node";
import { SpanKind, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { z } from "zod";

const text = z.object({ text: z.string() });

const back = defineAgent({
  name: "back",
  version: "3.0.0",
  skills: {
    work: skill({ input: text, output: text, idempotent: true }),
    count: skill({ input: z.object({ to: z.number() }), frames: z.number() }),
  },
});

const middle = defineAgent({
  name: "middle",
  version: "2.0.0",
  skills: { pass: skill({ input: text, output: text }) },
});

const front = defineAgent({
  name: "front",
  version: "1.0.0",
  skills: { ask: skill({ input: text, output: text }) },
});

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.stop());

/** The SDK as a program starts it, and what its spans come to. */
async function traced(ratio: number, keepsActiveSpan = false): Promise<InMemorySpanExporter> {
  const exporter = new InMemorySpanExporter();
  const sinks = [new SimpleSpanProcessor(exporter)];
  telemetry = await startTelemetry({ service: "test", env: {}, ratio, sinks, keepsActiveSpan });
  return exporter;
}

/** Three agents, of which each asks the next; answers where their access logs go. */
async function chain(mesh: TestMesh): Promise<AccessRecord[]> {
  const records: AccessRecord[] = [];
  const onAccess = (record: AccessRecord): void => void records.push(record);
  const count = async function* ({ to }: { to: number }): AsyncIterable<number> {
    for (let at = 1; at <= to; at++) yield at;
  };
  await mesh.serve(back, { work: ({ text }) => ({ text: `${text}!` }), count }, { onAccess });
  await mesh.serve(middle, { pass: (input, ctx) => ctx.client(back).work(input) }, { onAccess });
  await mesh.serve(front, { ask: (input, ctx) => ctx.client(middle).pass(input) }, { onAccess });
  return records;
}

/** The spans from the given one up to its root, each as `<kind> <name>`. */
function lineage(spans: readonly ReadableSpan[], of: ReadableSpan | undefined): string[] {
  const lines: string[] = [];
  for (let span = of; span !== undefined; ) {
    const above: string | undefined = span.parentSpanContext?.spanId;
    lines.push(`${SpanKind[span.kind]} ${span.name}`);
    span = spans.find((other) => other.spanContext().spanId === above);
  }
  return lines;
}

function served(spans: readonly ReadableSpan[], name: string): ReadableSpan | undefined {
  return spans.find((span) => span.kind === SpanKind.SERVER && span.name === name);
}

test("a call that goes through three agents is one trace with the right parents", async () => {
  const exporter = await traced(1);
  await using mesh = await startMesh();
  const records = await chain(mesh);
  const ops = await mesh.connect("ops");
  assert.deepEqual(await ops.client(front).ask({ text: "hi" }), { text: "hi!" });
  const spans = await eventually("nine spans", () => {
    const all = exporter.getFinishedSpans();
    return all.length >= 9 && all;
  });
  assert.deepEqual(lineage(spans, served(spans, "back/work")), [
    "SERVER back/work",
    "CLIENT attempt back/work",
    "CLIENT back/work",
    "SERVER middle/pass",
    "CLIENT attempt middle/pass",
    "CLIENT middle/pass",
    "SERVER front/ask",
    "CLIENT attempt front/ask",
    "CLIENT front/ask",
  ]);
  assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1);
  const root = spans.find((span) => span.parentSpanContext === undefined);
  assert.equal(root?.attributes["mesh.caller"], "ops");
  assert.equal(served(spans, "back/work")?.attributes["gen_ai.agent.version"], "3.0.0");
  assert.equal(served(spans, "back/work")?.attributes["mesh.caller"], "middle");
  assert.deepEqual(
    records.map(({ agent, traceId }) => [agent, traceId]),
    ["back", "middle", "front"].map((agent) => [agent, root?.spanContext().traceId]),
  );
});

test("a trace that is not sampled has no spans, and its id is in every access log all the same", async () => {
  const exporter = await traced(0);
  await using mesh = await startMesh();
  const records = await chain(mesh);
  const ops = await mesh.connect("ops");
  await ops.client(front).ask({ text: "hi" });
  await eventually("three lines", () => records.length === 3);
  assert.equal(new Set(records.map(({ traceId }) => traceId)).size, 1);
  assert.match(records[0]?.traceId ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual(
    records.map(({ path, caller }) => [path, caller]),
    [
      ["ops,front,middle", "middle"],
      ["ops,front", "front"],
      ["ops", "ops"],
    ],
  );
  assert.equal(exporter.getFinishedSpans().length, 0);
});

test("a plain client's traceparent and tracestate are continued, whatever the own share of samples", async () => {
  const exporter = await traced(0);
  await using mesh = await startMesh();
  await chain(mesh);
  const nc = await natsConnect(await mesh.options("ops"));
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const head = headers();
  head.set("traceparent", `00-${traceId}-b7ad6b7169203331-01`);
  head.set("tracestate", "vendor=1");
  await nc.request("mesh.call.front.ask.any.ops", '{"text":"hi"}', {
    headers: head,
    timeout: 20_000,
  });
  await nc.close();
  const spans = await eventually("seven spans", () => {
    const all = exporter.getFinishedSpans();
    return all.length === 7 && all;
  });
  for (const span of spans) {
    assert.equal(span.spanContext().traceId, traceId);
    assert.equal(span.spanContext().traceState?.serialize(), "vendor=1");
  }
  assert.equal(served(spans, "front/ask")?.parentSpanContext?.spanId, "b7ad6b7169203331");
});

test("a traceparent that is nonsense is ignored and the call is served", async () => {
  const exporter = await traced(1);
  await using mesh = await startMesh();
  await chain(mesh);
  const nc = await natsConnect(await mesh.options("ops"));
  const head = headers();
  head.set("traceparent", "00-zzz-01");
  const reply = await nc.request("mesh.call.back.work.any.ops", '{"text":"hi"}', {
    headers: head,
    timeout: 20_000,
  });
  assert.deepEqual(reply.json(), { text: "hi!" });
  await nc.close();
  await eventually("one span", () => exporter.getFinishedSpans().length === 1);
  assert.equal(exporter.getFinishedSpans()[0]?.parentSpanContext, undefined);
});

test("each attempt of a call that is retried is a span below the call, and each is in the access log", async () => {
  const exporter = await traced(1);
  await using mesh = await startMesh();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const records: AccessRecord[] = [];
  const work = async ({ text }: { text: string }): Promise<{ text: string }> => {
    if (text === "hold") await held;
    return { text };
  };
  await mesh.serve(
    back,
    { work, count: async function* () {} },
    { concurrency: 1, queue: 0, callerShare: 1, onAccess: (record) => void records.push(record) },
  );
  const ops = await mesh.connect("ops", { retry: { attempts: 10 } });
  const holding = ops.client(back).work({ text: "hold" });
  const retried = ops.client(back).work({ text: "next" }, { id: "retried-1" });
  await eventually("it is refused once", () => records.some(({ code }) => code === "overloaded"));
  release();
  await Promise.all([holding, retried]);
  const spans = exporter.getFinishedSpans();
  const root = spans.find(
    ({ kind, attributes }) =>
      kind === SpanKind.CLIENT && attributes["messaging.message.conversation_id"] === "retried-1",
  );
  const attempts = spans.filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === root?.spanContext().spanId,
  );
  assert.ok(attempts.length >= 2);
  assert.deepEqual(
    attempts.map(({ attributes }) => attributes["mesh.attempt"]),
    attempts.map((_, at) => at + 1),
  );
  assert.equal(attempts[0]?.attributes["error.type"], "overloaded");
  assert.equal(attempts.at(-1)?.attributes["error.type"], undefined);
  const lines = records.filter(({ id }) => id === "retried-1");
  assert.deepEqual(
    lines.map(({ attempt, code }) => [attempt, code]),
    attempts.map((_, at) => [at + 1, at + 1 < attempts.length ? "overloaded" : "ok"]),
  );
  assert.ok(lines.every(({ traceId }) => traceId === root?.spanContext().traceId));
  const { called } = ops.metrics.snapshot();
  assert.equal(called[0]?.calls, 2);
  assert.equal(called[0]?.retries, attempts.length - 1);
});

test("a streamed call's spans and its line in the access log end with its last frame", async () => {
  const exporter = await traced(1);
  await using mesh = await startMesh();
  const records = await chain(mesh);
  const ops = await mesh.connect("ops");
  const seen: number[] = [];
  for await (const frame of ops.client(back).count({ to: 3 })) seen.push(frame);
  assert.deepEqual(seen, [1, 2, 3]);
  const spans = await eventually("three spans", () => {
    const all = exporter.getFinishedSpans();
    return all.length === 3 && all;
  });
  assert.deepEqual(lineage(spans, served(spans, "back/count")), [
    "SERVER back/count",
    "CLIENT attempt back/count",
    "CLIENT back/count",
  ]);
  assert.deepEqual(
    records.map(({ skill, code }) => [skill, code]),
    [["count", "ok"]],
  );
  assert.equal(ops.metrics.snapshot().called[0]?.inFlight, 0);
});

test("a call joins the trace that is active in its caller's program, where the program keeps it", async () => {
  const exporter = await traced(1, true);
  await using mesh = await startMesh();
  await chain(mesh);
  const ops = await mesh.connect("ops");
  await trace.getTracer("app").startActiveSpan("page", async (page) => {
    await ops.client(back).work({ text: "hi" });
    page.end();
  });
  const spans = await eventually("four spans", () => {
    const all = exporter.getFinishedSpans();
    return all.length === 4 && all;
  });
  assert.deepEqual(lineage(spans, served(spans, "back/work")), [
    "SERVER back/work",
    "CLIENT attempt back/work",
    "CLIENT back/work",
    "INTERNAL page",
  ]);
});
