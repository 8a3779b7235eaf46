import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Request, Serve } from "../../../libs/pipeline/index.ts";
import { trace } from "../../../libs/serve/trace.ts";
import { type AccessHook, type AccessRecord, MeshMetrics } from "../../../libs/telemetry/index.ts";
import { ManualClock, operation, request } from "../../../libs/testing/index.ts";
import { recording, sampledParent, unsampledParent } from "./spans.ts";

const streaming = { streams: true };

function world(hook?: AccessHook) {
  const { tracer, ...spans } = recording({ name: "far", instance: "w1" });
  const metrics = new MeshMetrics();
  const clock = new ManualClock();
  const records: AccessRecord[] = [];
  const access = hook ?? ((record: AccessRecord) => records.push(record));
  return {
    ...spans,
    clock,
    records,
    meter: metrics.server(operation()),
    served: (serve: Serve) => trace(tracer, metrics, access, clock)(serve),
  };
}

async function* words(): AsyncIterable<unknown> {
  yield "one";
  yield "two";
}

test("a request is one span, one count and one line of the access log", async () => {
  const { served, records, meter, clock, span } = world();
  const serve: Serve = async () => {
    assert.equal(meter.inFlight, 1);
    clock.advance(7);
    return "done";
  };
  const given = request({
    caller: "ops",
    id: "call-7",
    path: "a,ops",
    attempt: 2,
    trace: sampledParent,
  });
  assert.equal(await served(serve)(given), "done");
  assert.deepEqual(records, [
    {
      agent: "far",
      skill: "work",
      caller: "ops",
      id: "call-7",
      attempt: 2,
      path: "a,ops",
      traceId: sampledParent.traceId,
      spanId: span("far/work").spanContext().spanId,
      code: "ok",
      tookMs: 7,
    },
  ]);
  assert.equal(meter.inFlight, 0);
  assert.equal(meter.latency.maxMs, 7);
});

test("a refusal from inside is in the log with its code", async () => {
  const { served, records, meter, span } = world();
  const serve: Serve = async () => {
    throw new MeshError(MeshCode.Overloaded, "no room");
  };
  await assert.rejects(served(serve)(request({ trace: sampledParent })), {
    code: MeshCode.Overloaded,
  });
  assert.equal(records[0]?.code, "overloaded");
  assert.deepEqual(Object.fromEntries(meter.errors.entries()), { overloaded: 1 });
  assert.equal(span("far/work").attributes["error.type"], "overloaded");
});

test("what an inner layer throws by mistake leaves as internal, and its text stays here", async () => {
  const secret = new TypeError("the password is hunter2");
  const mistakes: readonly Serve[] = [
    () => Promise.reject(secret),
    () => {
      throw secret;
    },
  ];
  for (const serve of mistakes) {
    const { served, records, meter } = world();
    await assert.rejects(served(serve)(request()), (error: MeshError) => {
      assert.equal(error.code, MeshCode.Internal);
      assert.doesNotMatch(error.message, /hunter2/);
      assert.equal(error.cause, secret);
      return true;
    });
    assert.equal(records[0]?.code, "internal");
    assert.deepEqual(Object.fromEntries(meter.errors.entries()), { internal: 1 });
  }
});

test("the handler is given the span as its place in the trace", async () => {
  const { served, span } = world();
  let seen: Request | undefined;
  await served(async (given) => {
    seen = given;
  })(request({ trace: sampledParent }));
  assert.equal(seen?.trace?.spanId, span("far/work").spanContext().spanId);
});

test("a request that is not sampled is passed on as it is, and its trace id is in the log", async () => {
  const { served, records, spans } = world();
  const given = request({ trace: unsampledParent });
  let seen: Request | undefined;
  await served(async (request) => {
    seen = request;
  })(given);
  assert.equal(seen, given);
  assert.equal(spans.length, 0);
  assert.equal(records[0]?.traceId, unsampledParent.traceId);
});

test("a plain client's request without a trace begins one", async () => {
  const { served, records, span } = world();
  await served(async () => "done")(request());
  assert.equal(records[0]?.traceId, span("far/work").spanContext().traceId);
});

test("a streamed answer is over with its last frame", async () => {
  const { served, records, meter, clock } = world();
  const answer = await served(async () => words())(request({ operation: streaming }));
  for await (const _ of answer as AsyncIterable<unknown>) {
    assert.equal(meter.inFlight, 1);
    assert.equal(records.length, 0);
    clock.advance(10);
  }
  assert.equal(meter.inFlight, 0);
  assert.deepEqual(
    records.map(({ code, tookMs }) => [code, tookMs]),
    [["ok", 20]],
  );
});

test("a streamed answer that its caller gives up is in the log as cancelled, once", async () => {
  const { served, records, meter } = world();
  const given = request({ operation: streaming });
  const answer = (await served(async () => words())(given)) as AsyncIterableIterator<unknown>;
  await answer.next();
  given.signal.end(new MeshError(MeshCode.Cancelled, "the caller gave up"));
  await answer.return?.();
  assert.deepEqual(
    records.map(({ code }) => code),
    ["cancelled"],
  );
  assert.equal(meter.inFlight, 0);
});

test("a hook that throws matters to nobody", async () => {
  const { served, meter } = world(() => {
    throw new RangeError("the disk is full");
  });
  assert.equal(await served(async () => "done")(request()), "done");
  const failing: Serve = async () => {
    throw new MeshError(MeshCode.HandlerFailed, "so");
  };
  await assert.rejects(served(failing)(request()), { code: MeshCode.HandlerFailed });
  const answer = await served(async () => words())(request({ operation: streaming }));
  for await (const _ of answer as AsyncIterable<unknown>);
  assert.equal(meter.inFlight, 0);
});
