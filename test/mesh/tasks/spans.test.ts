import assert from "node:assert/strict";
import { test } from "node:test";
import { startTelemetry } from "@myelin/mesh/program";
import { eventually } from "@myelin/mesh/testing";
import { SpanKind } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { deadLetters } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("a task is one trace: its submission, and each attempt linked to it", async () => {
  const exporter = new InMemorySpanExporter();
  const sinks = [new SimpleSpanProcessor(exporter)];
  await using _telemetry = await startTelemetry({ service: "test", env: {}, ratio: 1, sinks });
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  await servePainter(mesh, ({ what }, ctx) => {
    if (ctx.attempt === 1) throw "wet";
    return { painted: what };
  });
  const client = (await mesh.connect("boss")).client(painter);
  const task = await client.paint.submit({ what: "a door" }, { id: "t1" });
  await task.result(patience);
  const spans = await eventually("both attempts are told", () => {
    const found = exporter.getFinishedSpans().filter(({ name }) => name.includes("painter/paint"));
    return found.length >= 3 ? found : undefined;
  });
  const [producer, ...consumers] = spans as [ReadableSpan, ...ReadableSpan[]];
  assert.deepEqual(
    [producer.name, producer.kind, producer.attributes["messaging.operation.type"]],
    ["submit painter/paint", SpanKind.PRODUCER, "send"],
  );
  const { spanId, traceId } = producer.spanContext();
  assert.equal(consumers.length, 2);
  for (const [at, span] of consumers.entries()) {
    assert.deepEqual([span.name, span.kind], ["process painter/paint", SpanKind.CONSUMER]);
    assert.equal(span.spanContext().traceId, traceId);
    assert.equal(span.parentSpanContext?.spanId, spanId);
    assert.deepEqual(
      span.links.map(({ context }) => context.spanId),
      [spanId],
    );
    assert.equal(span.attributes["mesh.attempt"], at + 1);
    assert.equal(
      span.attributes["messaging.destination.template"],
      "mesh.task.painter.paint.{priority}.{submitter}",
    );
  }
  assert.equal(consumers[0]?.attributes["error.type"], "handler_failed");
});

test("the dead letter of a task names its trace", async () => {
  const exporter = new InMemorySpanExporter();
  const sinks = [new SimpleSpanProcessor(exporter)];
  await using _telemetry = await startTelemetry({ service: "test", env: {}, ratio: 1, sinks });
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  await servePainter(mesh, () => {
    throw "wet";
  });
  const task = await (await mesh.connect("boss")).client(painter).paint.submit({ what: "x" });
  await assert.rejects(task.result(patience));
  const [letter] = await deadLetters(mesh);
  const submitted = exporter.getFinishedSpans().find(({ kind }) => kind === SpanKind.PRODUCER);
  assert.equal(JSON.parse(letter?.facts ?? "").traceId, submitted?.spanContext().traceId);
});
