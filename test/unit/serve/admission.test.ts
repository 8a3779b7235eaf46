import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { resolveAdmission } from "../../../libs/serve/admission-options.ts";
import { ManualClock, request } from "../../../libs/testing/index.ts";
import { ground, refused, turn } from "./world.ts";

test("a request runs when there is a place, waits when there is none, and goes in order", async () => {
  const { admit, work, admission } = ground({ concurrency: 1 });
  const first = admit(request({ id: "1" }));
  const second = admit(request({ id: "2" }));
  assert.deepEqual(work.started, ["1"]);
  assert.equal(admission.load, 2);
  work.answer("1", "one");
  assert.equal(await first, "one");
  assert.deepEqual(work.started, ["1", "2"]);
  work.answer("2", "two");
  assert.equal(await second, "two");
  assert.equal(admission.load, 0);
});

test("what finds no place is overloaded, with the time that the crowd will take", async () => {
  const { admit, work, clock, shed } = ground({ concurrency: 1, queue: 1 });
  const done = admit(request({ id: "1" }));
  clock.advance(200);
  work.answer("1");
  await done;
  void admit(request({ id: "2" }));
  void admit(request({ id: "3" }));
  await assert.rejects(admit(request()), (error: MeshError) => {
    assert.equal(error.code, MeshCode.Overloaded);
    // Two are before it, at 200 ms each.
    assert.equal(error.retryAfterMs, 400);
    assert.match(error.message, /1 run and 1 wait, try again in 400 ms/);
    return true;
  });
  assert.deepEqual(shed, ["queue_full"]);
});

test("a place that has been silent for long lengthens the estimate", async () => {
  const { admit, clock } = ground({ concurrency: 1, queue: 0 });
  void admit(request());
  clock.advance(9_000);
  await assert.rejects(admit(request()), (error: MeshError) => error.retryAfterMs === 9_000);
});

test("a request whose deadline has passed does not run", async () => {
  const { admit, work, clock, shed } = ground();
  const signal = new CallSignal(new Wheel(clock));
  signal.expire(clock.now() + 50, 50, "a.b");
  clock.advance(50);
  await assert.rejects(admit(request({ signal })), refused(MeshCode.DeadlineExceeded));
  assert.deepEqual([work.started, shed], [[], ["late"]]);
});

test("a request whose deadline passes while it waits leaves the queue and does not run", async () => {
  const { admit, work, clock, admission } = ground({ concurrency: 1 });
  void admit(request({ id: "1" }));
  const signal = new CallSignal(new Wheel(clock));
  signal.expire(clock.now() + 50, 50, "a.b");
  const outcome = assert.rejects(
    admit(request({ id: "2", signal })),
    refused(MeshCode.DeadlineExceeded),
  );
  clock.advance(80);
  await outcome;
  assert.equal(admission.load, 1);
  work.answer("1");
  await turn();
  assert.deepEqual(work.started, ["1"]);
});

test("a request that is found late when its turn comes does not run, and the next one does", async () => {
  const { admit, work, clock, shed } = ground({ concurrency: 1 });
  void admit(request({ id: "1" }));
  // Its wheel stands still, as it does when the process was too busy to turn it.
  const signal = new CallSignal(new Wheel(new ManualClock()));
  signal.expire(clock.now() + 50, 50, "a.b");
  const late = assert.rejects(
    admit(request({ id: "2", signal })),
    refused(MeshCode.DeadlineExceeded),
  );
  void admit(request({ id: "3" }));
  clock.advance(60);
  work.answer("1");
  await late;
  assert.deepEqual([work.started, shed], [["1", "3"], ["late"]]);
});

test("a request given up by its caller leaves the queue", async () => {
  const { admit, admission } = ground({ concurrency: 1 });
  void admit(request());
  const waiting = request();
  const outcome = assert.rejects(admit(waiting), refused(MeshCode.Cancelled));
  waiting.signal.end(new MeshError(MeshCode.Cancelled, "test"));
  await outcome;
  assert.equal(admission.load, 1);
});

test("a failing handler gives its place back", async () => {
  const { admit, work, admission } = ground({ concurrency: 1 });
  const failed = assert.rejects(admit(request({ id: "1" })), TypeError);
  work.fail("1", new TypeError("test"));
  await failed;
  assert.equal(admission.load, 0);
});

test("a stream holds its place until its last frame", async () => {
  const { admit, work, admission } = ground({ concurrency: 1 });
  async function* two() {
    yield 1;
    yield 2;
  }
  const answer = admit(request({ id: "1", operation: { streams: true } }));
  work.answer("1", two());
  for await (const _ of (await answer) as AsyncIterable<unknown>) assert.equal(admission.load, 1);
  assert.equal(admission.load, 0);
});

test("while draining, what can go elsewhere is refused, and the queue group's is served", async () => {
  const { admit, work, admission, shed } = ground();
  admission.drain();
  await assert.rejects(admit(request({ direct: true })), refused(MeshCode.Draining));
  void admit(request({ id: "1" }));
  assert.deepEqual([work.started, shed], [["1"], ["draining"]]);
});

test("idle resolves when the last one is done, waiting ones included", async () => {
  const { admit, work, admission, clock } = ground({ concurrency: 1 });
  assert.equal(await admission.idle(0), true);
  void admit(request({ id: "1" }));
  void admit(request({ id: "2" }));
  const idle = admission.idle(1_000);
  work.answer("1");
  await turn();
  work.answer("2");
  assert.equal(await idle, true);
  assert.equal(clock.pending, 0);
});

test("idle gives up when its time is over", async () => {
  const { admit, admission, clock } = ground();
  void admit(request());
  const idle = admission.idle(1_000);
  clock.advance(1_000);
  assert.equal(await idle, false);
});

test("whatever comes and goes in whatever order, the bounds hold and everything is given back", async () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant("ask"), who: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ what: fc.constantFrom("answer", "fail", "leave", "wait"), who: fc.nat(3) }),
  );
  const options = fc.record({
    concurrency: fc.integer({ min: 1, max: 4 }),
    queue: fc.nat(4),
    callerShare: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), options, async (steps, chosen) => {
      const { admit, work, admission, clock } = ground(chosen);
      const asked: MeshError[] = [];
      const signals: CallSignal[] = [];
      let id = 0;
      for (const { what, who } of steps) {
        if (what === "ask") {
          const asking = request({ id: `${++id}`, caller: `caller-${who}` });
          signals.push(asking.signal);
          admit(asking).catch((error) => asked.push(error));
        } else if (what === "answer") work.answerAny();
        else if (what === "fail") work.failAny(new TypeError("test"));
        else if (what === "leave") signals.pop()?.end(new MeshError(MeshCode.Cancelled, "test"));
        else clock.advance(20);
        await turn();
        assert.ok(work.running <= chosen.concurrency);
        assert.ok(admission.load <= chosen.concurrency + chosen.queue);
      }
      while (work.running > 0) {
        work.answerAny();
        await turn();
      }
      assert.equal(admission.load, 0);
      assert.equal(admission.isFull, false);
    }),
  );
});

test("an option out of range is refused by its path", () => {
  assert.throws(
    () => resolveAdmission({ concurrency: 0 }),
    /serve\.concurrency must be a whole number from 1 to 1000000, got 0/,
  );
});
