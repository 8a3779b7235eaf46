import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt } from "../../../libs/call/attempt.ts";
import { trace as callTrace } from "../../../libs/call/trace.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Call, Load, Send } from "../../../libs/pipeline/index.ts";
import { MeshMetrics } from "../../../libs/telemetry/index.ts";
import { answering, call, failing, ManualClock, operation } from "../../../libs/testing/index.ts";
import { recording, sampledParent, unsampledParent } from "./spans.ts";

const streaming = { streams: true };

async function* words(): AsyncIterable<unknown> {
  yield "one";
  yield "two";
}

/** A balancer that writes down what it hears. */
function listening(): Load & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    sent: () => heard.push("sent"),
    answered: (_, tookMs, instance, load) => heard.push(`answered ${tookMs} ${instance} ${load}`),
    failed: (_, tookMs, error) => heard.push(`failed ${tookMs} ${error.code}`),
  };
}

function world(clock = new ManualClock()) {
  const { tracer, ...spans } = recording();
  const metrics = new MeshMetrics();
  const load = listening();
  return {
    ...spans,
    clock,
    metrics,
    load,
    traced: (send: Send) => callTrace(tracer, metrics, clock)(send),
    attempted: (send: Send) => attempt(tracer, metrics, load, clock)(send),
    figures: () => metrics.snapshot().called[0],
    meter: metrics.client(operation()),
  };
}

/** Takes this long, by the clock. */
function after(clock: ManualClock, ms: number, send: Send): Send {
  return (given) => {
    clock.advance(ms);
    return send(given);
  };
}

test("a call is one span and one count, and is sent on below its span", async () => {
  const { traced, clock, meter, metrics, ...spans } = world();
  const far = answering("done", { instance: "w1" });
  const reply = await traced(after(clock, 12, far.send))(call());
  assert.equal(reply.value, "done");
  const [span] = spans.spans;
  assert.equal(far.seen[0]?.trace?.spanId, span?.spanContext().spanId);
  assert.equal(span?.attributes["mesh.instance"], "w1");
  assert.equal(meter.latency.maxMs, 12);
  assert.equal(meter.inFlight, 0);
  assert.deepEqual(metrics.snapshot().called[0]?.codes, {});
});

test("a call that fails is counted with its code, and fails with the same error", async () => {
  const { traced, span, figures, meter } = world();
  const sending = traced(failing(MeshCode.HandlerFailed).send)(call());
  assert.equal(meter.inFlight, 1);
  await assert.rejects(sending, { code: MeshCode.HandlerFailed });
  assert.equal(meter.inFlight, 0);
  assert.deepEqual(figures()?.codes, { handler_failed: 1 });
  assert.equal(span("far/work").attributes["error.type"], "handler_failed");
});

test("what is thrown and is no MeshError ends the call as internal", async () => {
  const { traced, figures } = world();
  const send: Send = () => {
    throw new RangeError("a defect");
  };
  await assert.rejects(traced(send)(call()), { code: MeshCode.Internal });
  assert.deepEqual(figures()?.codes, { internal: 1 });
});

test("a call below one that is not sampled is passed on as it is", async () => {
  const { traced, attempted, spans } = world();
  const far = answering("done");
  const given = call({ trace: unsampledParent });
  await traced(attempted(far.send))(given);
  assert.equal(far.seen[0], given);
  assert.equal(spans.length, 0);
});

test("a streamed call is over with its last frame", async () => {
  const { traced, clock, meter, ...spans } = world();
  const reply = await traced(answering(words()).send)(call({ operation: streaming }));
  const seen: unknown[] = [];
  for await (const word of reply.value as AsyncIterable<unknown>) {
    assert.equal(meter.inFlight, 1);
    assert.equal(spans.spans.length, 0);
    clock.advance(100);
    seen.push(word);
  }
  assert.deepEqual(seen, ["one", "two"]);
  assert.equal(meter.inFlight, 0);
  assert.equal(meter.latency.maxMs, 200);
  assert.equal(spans.spans.length, 1);
});

test("a streamed call whose reader leaves is over, and its source is told", async () => {
  const { traced, meter, figures, spans } = world();
  let isLeft = false;
  async function* endless(): AsyncIterable<unknown> {
    try {
      for (;;) yield "more";
    } finally {
      isLeft = true;
    }
  }
  const reply = await traced(answering(endless()).send)(call({ operation: streaming }));
  for await (const _ of reply.value as AsyncIterable<unknown>) break;
  assert.equal(isLeft, true);
  assert.equal(meter.inFlight, 0);
  assert.deepEqual(figures()?.codes, {});
  assert.equal(spans.length, 1);
});

test("a streamed call that breaks is counted with the error its reader sees", async () => {
  const { traced, attempted, span, figures } = world();
  const broken = new MeshError(MeshCode.BrokenStream, "1 of 2 frames arrived");
  async function* breaking(): AsyncIterable<unknown> {
    yield "one";
    throw broken;
  }
  const send = traced(attempted(answering(breaking()).send));
  const reply = await send(call({ operation: streaming }));
  await assert.rejects(async () => {
    for await (const _ of reply.value as AsyncIterable<unknown>);
  }, broken);
  assert.deepEqual(figures()?.codes, { broken_stream: 1 });
  assert.equal(span("far/work").attributes["error.type"], "broken_stream");
  assert.equal(span("attempt far/work").attributes["error.type"], "broken_stream");
});

test("a streamed call that is given up with nobody reading is over once", async () => {
  const { traced, meter, figures, spans } = world();
  const given = call({ operation: streaming });
  const reply = await traced(answering(words()).send)(given);
  given.signal.end(new MeshError(MeshCode.Cancelled, "enough"));
  assert.equal(meter.inFlight, 0);
  for await (const _ of reply.value as AsyncIterable<unknown>);
  assert.equal(meter.inFlight, 0);
  assert.deepEqual(figures()?.codes, { cancelled: 1 });
  assert.equal(spans.length, 1);
});

test("an attempt tells the balancer that it left and who answered after how long", async () => {
  const { attempted, clock, load, meter } = world();
  const far = answering("done", { instance: "w1", load: 3 });
  await attempted(after(clock, 7, far.send))(call());
  assert.deepEqual(load.heard, ["sent", "answered 7 w1 3"]);
  assert.equal(meter.attempts, 1);
});

test("an attempt that fails tells the balancer why", async () => {
  const { attempted, clock, load, meter } = world();
  const sending = attempted(after(clock, 7, failing(MeshCode.Overloaded).send))(call());
  await assert.rejects(sending, { code: MeshCode.Overloaded });
  assert.deepEqual(load.heard, ["sent", "failed 7 overloaded"]);
  assert.deepEqual(Object.fromEntries(meter.attemptErrors.entries()), { overloaded: 1 });
});

test("each attempt of a sampled call is a child span of its own", async () => {
  const { traced, attempted, span, spans } = world();
  const far = answering("done");
  const attempting = attempted(far.send);
  const twice: Send = async (given: Call) => {
    await attempting(given);
    return attempting({ ...given, attempt: 2 });
  };
  await traced(twice)(call({ trace: sampledParent }));
  const parent = span("far/work");
  const children = spans_(spans);
  assert.deepEqual(children, [1, 2]);
  assert.equal(parent.parentSpanContext?.spanId, sampledParent.spanId);
  assert.equal(new Set(far.seen.map((sent) => sent.trace?.spanId)).size, 2);

  function spans_(all: typeof spans): unknown[] {
    return all
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent.spanContext().spanId)
      .map(({ attributes }) => attributes["mesh.attempt"]);
  }
});

test("a streamed attempt has answered with its first frame and its span lasts to the last", async () => {
  const { attempted, load, meter, ...spans } = world();
  const given = call({ operation: streaming, trace: sampledParent });
  const reply = await attempted(answering(words(), { instance: "w1" }).send)(given);
  assert.deepEqual(load.heard, ["sent", "answered 0 w1 undefined"]);
  assert.equal(meter.attempts, 1);
  assert.equal(spans.spans.length, 0);
  for await (const _ of reply.value as AsyncIterable<unknown>);
  assert.equal(spans.spans.length, 1);
});
