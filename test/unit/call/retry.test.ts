import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { answering, call, failing, farSide } from "../../../libs/testing/index.ts";
import { refused, retrying } from "./world.ts";

const idempotent = { operation: { idempotent: true } };

test("an overloaded far side is asked again, with the attempt counted", async () => {
  const far = farSide(failing(MeshCode.Overloaded), answering("done"));
  const { clock, send, retries } = retrying(far.send);
  const reply = send(call());
  await clock.advanceAsync(110);
  assert.equal((await reply).value, "done");
  assert.deepEqual(
    far.seen.map(({ attempt }) => attempt),
    [1, 2],
  );
  assert.equal(retries(), 1);
});

test("waits double, and the attempts are bounded", async () => {
  const far = failing(MeshCode.Overloaded);
  const { clock, send } = retrying(far.send, { attempts: 3 });
  const outcome = assert.rejects(send(call()), refused(MeshCode.Overloaded, "peer"));
  await clock.advanceAsync(99);
  assert.equal(far.calls, 1);
  await clock.advanceAsync(20);
  assert.equal(far.calls, 2);
  await clock.advanceAsync(180);
  assert.equal(far.calls, 2);
  await clock.advanceAsync(40);
  await outcome;
  assert.equal(far.calls, 3);
});

test("a wait is chance from nothing up, so that those that failed together do not come back together", async () => {
  for (const [random, ms] of [
    [0, 0],
    [0.5, 50],
  ] as const) {
    const far = failing(MeshCode.Overloaded);
    const { clock, send } = retrying(far.send, { attempts: 2 }, () => random);
    const outcome = assert.rejects(send(call()), refused(MeshCode.Overloaded, "peer"));
    if (ms > 0) await clock.advanceAsync(ms - 1);
    if (ms > 0) assert.equal(far.calls, 1, `before ${ms} ms`);
    // The wheel turns in steps.
    await clock.advanceAsync(21);
    assert.equal(far.calls, 2, `after ${ms} ms`);
    await outcome;
  }
});

test("a far side that names a time is not asked before it", async () => {
  const far = farSide(failing(MeshCode.Overloaded, { retryAfterMs: 700 }), answering(1));
  const { clock, send } = retrying(far.send);
  const reply = send(call());
  await clock.advanceAsync(700);
  assert.equal(far.calls, 1);
  await clock.advanceAsync(120);
  await reply;
});

test("one instance that names a time does not keep the call from another, a second one does", async () => {
  const busy = failing(MeshCode.Overloaded, { retryAfterMs: 700 });
  const far = farSide(busy, busy, answering(1));
  const { clock, send } = retrying(far.send);
  const reply = send(call({ tried: ["a1"] }));
  await clock.advanceAsync(110);
  assert.equal(far.calls, 2);
  await clock.advanceAsync(700);
  assert.equal(far.calls, 2);
  await clock.advanceAsync(220);
  await reply;
});

test("a wait that outlives the deadline is not begun", async () => {
  const far = failing(MeshCode.Overloaded, { retryAfterMs: 700 });
  const { send, signal } = retrying(far.send);
  const short = signal();
  short.expire(500, 500, "a.b");
  await assert.rejects(send(call({ signal: short })), refused(MeshCode.Overloaded));
  assert.equal(far.calls, 1);
});

test("a call that ends while it waits ends at once, with that reason", async () => {
  const far = failing(MeshCode.Overloaded);
  const { clock, send, signal } = retrying(far.send);
  const own = signal();
  const outcome = assert.rejects(send(call({ signal: own })), refused(MeshCode.Cancelled));
  await clock.advanceAsync(10);
  own.end(new MeshError(MeshCode.Cancelled, "test"));
  await outcome;
  assert.equal(far.calls, 1);
});

test("a call that may have run is left alone", async () => {
  const far = failing(MeshCode.UnknownOutcome);
  await assert.rejects(retrying(far.send).send(call()), refused(MeshCode.UnknownOutcome));
  assert.equal(far.calls, 1);
});

test("failures that would come again are not repeated, however idempotent the skill", async () => {
  for (const code of [
    MeshCode.HandlerFailed,
    MeshCode.InvalidInput,
    MeshCode.DomainError,
    MeshCode.CircuitOpen,
    MeshCode.DeadlineExceeded,
  ]) {
    const far = failing(code);
    await assert.rejects(retrying(far.send).send(call(idempotent)), refused(code));
    assert.equal(far.calls, 1, code);
  }
});

test("what this side refuses itself is not asked again", async () => {
  const far = failing(MeshCode.Overloaded, { origin: "here" });
  await assert.rejects(retrying(far.send).send(call()), refused(MeshCode.Overloaded, "here"));
  assert.equal(far.calls, 1);
});

test("a call fails over from dead and draining instances at once, beyond its attempts and its budget", async () => {
  const dead = failing(MeshCode.Unavailable);
  const far = farSide(dead, failing(MeshCode.Draining), dead, dead, dead, answering("done"));
  const { send } = retrying(far.send, { attempts: 1, budgetShare: 0, budgetPerSecond: 0 });
  assert.equal((await send(call())).value, "done");
  assert.equal(far.calls, 6);
});

test("failing over is bounded", async () => {
  const far = failing(MeshCode.Unavailable);
  await assert.rejects(retrying(far.send).send(call()), refused(MeshCode.Unavailable));
  assert.equal(far.calls, 11);
});

test("an idempotent call whose instance died under it goes to another", async () => {
  const far = farSide(failing(MeshCode.UnknownOutcome), answering("done"));
  assert.equal((await retrying(far.send).send(call(idempotent))).value, "done");
});

test("a call fails fast while the broker is away", async () => {
  const far = failing(MeshCode.Unavailable, { origin: "here" });
  const { link, send } = retrying(far.send);
  link.isUp = false;
  await assert.rejects(send(call(idempotent)), refused(MeshCode.Unavailable, "here"));
  assert.equal(far.calls, 1);
});

const cutOff = failing(MeshCode.UnknownOutcome, { origin: "here" });

test("an idempotent call that was under way waits for the broker and goes again", async () => {
  const far = farSide(cutOff, answering("done"));
  const { clock, link, send } = retrying(far.send);
  link.isUp = false;
  const reply = send(call(idempotent));
  await clock.advanceAsync(3_000);
  assert.equal(far.calls, 1);
  link.up();
  assert.equal((await reply).value, "done");
});

test("after the broker is back it waits for the agent, whose instances come back later", async () => {
  const away = failing(MeshCode.UnknownAgent);
  const far = farSide(cutOff, away, away, away, away, answering("done"));
  const { clock, send } = retrying(far.send);
  const reply = send(call(idempotent));
  await clock.advanceAsync(4_000);
  assert.equal((await reply).value, "done");
});

test("a call made just after the broker is back waits for the agent as well, and not for longer", async () => {
  const away = failing(MeshCode.UnknownAgent);
  const far = farSide(away, away, away, away, answering("done"));
  const { clock, link, send } = retrying(far.send, { attempts: 1 });
  link.backAt = clock.now() - 500;
  const reply = send(call(idempotent));
  await clock.advanceAsync(2_000);
  assert.equal((await reply).value, "done");
  const never = farSide(away);
  const late = retrying(never.send, { attempts: 1 });
  late.link.backAt = late.clock.now() - 2_000;
  await assert.rejects(late.send(call(idempotent)), refused(MeshCode.UnknownAgent));
  assert.equal(never.calls, 1);
});

test("the wait for the broker is bounded, and the failure stands", async () => {
  const far = farSide(cutOff);
  const { clock, link, send } = retrying(far.send);
  link.isUp = false;
  const outcome = assert.rejects(send(call(idempotent)), refused(MeshCode.UnknownOutcome, "here"));
  await clock.advanceAsync(5_020);
  await outcome;
  assert.equal(far.calls, 1);
});

test("a link that comes and goes does not carry a call around for ever", async () => {
  const far = farSide(cutOff);
  await assert.rejects(retrying(far.send).send(call(idempotent)), refused(MeshCode.UnknownOutcome));
  assert.equal(far.calls, 11);
});

test("a deadline ends the wait for the broker", async () => {
  const far = farSide(cutOff);
  const { clock, link, send, signal } = retrying(far.send);
  link.isUp = false;
  const short = signal();
  short.expire(1_000, 1_000, "a.b");
  const outcome = assert.rejects(
    send(call({ ...idempotent, signal: short })),
    refused(MeshCode.DeadlineExceeded),
  );
  await clock.advanceAsync(1_020);
  await outcome;
});

test("retries end when the budget is spent", async () => {
  const far = failing(MeshCode.Overloaded);
  const { clock, send } = retrying(far.send, { attempts: 2, budgetShare: 0.2, budgetPerSecond: 0 });
  const outcomes = Array.from({ length: 50 }, () => assert.rejects(send(call())));
  await clock.advanceAsync(200);
  await Promise.all(outcomes);
  assert.equal(far.calls, 60);
});

test("an error that is none of the mesh's goes straight to the caller", async () => {
  const odd = new TypeError("test");
  const send = retrying(() => Promise.reject(odd)).send;
  await assert.rejects(send(call(idempotent)), (error) => error === odd);
});
