import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { breaker } from "../../../libs/call/breaker.ts";
import { resolveBreaker } from "../../../libs/call/breaker-options.ts";
import { MeshCode, type MeshError } from "../../../libs/errors/index.ts";
import type { Send } from "../../../libs/pipeline/index.ts";
import {
  answering,
  call,
  failing,
  farSide,
  hanging,
  ManualClock,
} from "../../../libs/testing/index.ts";
import { breakersOn, refused } from "./world.ts";

// Opossum's own clock is the machine's.
beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

/** Lets time pass for opossum and for us. */
function wait(clock: ManualClock, byMs: number): void {
  mock.timers.tick(byMs);
  clock.advance(byMs);
}

async function ask(send: Send, times: number): Promise<MeshError[]> {
  const errors: MeshError[] = [];
  for (let time = 0; time < times; time++) await send(call()).catch((error) => errors.push(error));
  return errors;
}

function ground() {
  const clock = new ManualClock();
  const turns: string[] = [];
  const breakers = breakersOn(clock, turns);
  return { clock, turns, breakers, layer: breaker(breakers) };
}

test("a skill that keeps failing is refused without being asked", async () => {
  const { layer, breakers, turns } = ground();
  const far = failing(MeshCode.HandlerFailed);
  const errors = await ask(layer(far.send), 12);
  assert.equal(far.calls, 10);
  assert.equal(errors.at(-1)?.code, MeshCode.CircuitOpen);
  assert.equal(errors.at(-1)?.origin, "here");
  assert.deepEqual(turns, ["far.work open"]);
  breakers.shutdown();
});

test("the refusal says what failed and when one may try", async () => {
  const { layer, breakers, clock } = ground();
  const send = layer(failing(MeshCode.HandlerFailed).send);
  await ask(send, 10);
  wait(clock, 2_000);
  const [error] = await ask(send, 1);
  assert.equal(error?.retryAfterMs, 3_000);
  assert.equal(
    error?.message,
    "circuit_open: far.work: 10 of 10 calls failed, the last with handler_failed; one call may try in 3000 ms",
  );
  breakers.shutdown();
});

test("half of the calls may fail", async () => {
  const { layer, breakers } = ground();
  const bad = failing(MeshCode.HandlerFailed);
  const good = answering(1);
  const far = farSide(...Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? good : bad)), good);
  await ask(layer(far.send), 41);
  assert.equal(far.calls, 41);
  breakers.shutdown();
});

test("refusals, bad input, callers who left and instances that died do not count", async () => {
  for (const far of [
    failing(MeshCode.Overloaded),
    failing(MeshCode.InvalidInput),
    failing(MeshCode.Cancelled),
    failing(MeshCode.DomainError),
    failing(MeshCode.Unavailable),
    failing(MeshCode.UnknownOutcome),
    failing(MeshCode.Internal, { origin: "here" }),
  ]) {
    const { layer, breakers } = ground();
    await ask(layer(far.send), 30);
    assert.equal(far.calls, 30);
    breakers.shutdown();
  }
});

test("a far side that lets deadlines pass counts as failing", async () => {
  const { layer, breakers } = ground();
  const far = failing(MeshCode.DeadlineExceeded, { origin: "here" });
  await ask(layer(far.send), 12);
  assert.equal(far.calls, 10);
  breakers.shutdown();
});

test("skills are judged one by one", async () => {
  const { layer, breakers } = ground();
  const bad = failing(MeshCode.HandlerFailed);
  await ask(layer(bad.send), 12);
  const good = answering("done");
  const reply = await layer(good.send)(call({ operation: { skill: "other" } }));
  assert.equal(reply.value, "done");
  breakers.shutdown();
});

test("when it has been open for its time, one call tries and its success closes it", async () => {
  const { layer, breakers, clock, turns } = ground();
  await ask(layer(failing(MeshCode.HandlerFailed).send), 10);
  wait(clock, 5_000);
  const waiting = hanging();
  const asked = call();
  const trying = layer(waiting.send)(asked);
  const [error] = await ask(layer(answering(1).send), 1);
  assert.match(error?.message ?? "", /one call is trying/);
  asked.signal.end(error as MeshError);
  await assert.rejects(trying);
  await layer(answering(1).send)(call());
  assert.deepEqual(turns, ["far.work open", "far.work half-open", "far.work closed"]);
  breakers.shutdown();
});

test("a try that fails opens it for another while", async () => {
  const { layer, breakers, clock } = ground();
  const far = failing(MeshCode.HandlerFailed);
  const send = layer(far.send);
  await ask(send, 10);
  wait(clock, 5_000);
  const errors = await ask(send, 3);
  assert.deepEqual(
    errors.map(({ code }) => code),
    [MeshCode.HandlerFailed, MeshCode.CircuitOpen, MeshCode.CircuitOpen],
  );
  assert.equal(errors.at(-1)?.retryAfterMs, 5_000);
  breakers.shutdown();
});

test("a try that says nothing of the far side neither closes it nor takes the next one's turn", async () => {
  const { layer, breakers, clock, turns } = ground();
  await ask(layer(failing(MeshCode.HandlerFailed).send), 10);
  wait(clock, 5_000);
  const far = failing(MeshCode.Overloaded);
  await ask(layer(far.send), 3);
  assert.equal(far.calls, 3);
  assert.deepEqual(turns, ["far.work open", "far.work half-open"]);
  breakers.shutdown();
});

test("a call from before it opened does not pass for the one that tries", async () => {
  const { layer, breakers, clock, turns } = ground();
  const early = call();
  const outcome = assert.rejects(layer(hanging().send)(early));
  const errors = await ask(layer(failing(MeshCode.HandlerFailed).send), 10);
  wait(clock, 5_000);
  early.signal.end(errors[0] as MeshError);
  await outcome;
  assert.deepEqual(turns, ["far.work open", "far.work half-open"]);
  breakers.shutdown();
});

test("a circuit that closed has forgotten why it opened", async () => {
  const { layer, breakers, clock } = ground();
  await ask(layer(failing(MeshCode.HandlerFailed).send), 10);
  wait(clock, 5_000);
  await ask(layer(answering(1).send), 1);
  const far = failing(MeshCode.HandlerFailed);
  await ask(layer(far.send), 9);
  assert.equal(far.calls, 9);
  breakers.shutdown();
});

test("failures older than the window are forgotten", async () => {
  const { layer, breakers, clock } = ground();
  const far = failing(MeshCode.HandlerFailed);
  await ask(layer(far.send), 9);
  wait(clock, 11_000);
  await ask(layer(far.send), 9);
  assert.equal(far.calls, 18);
  breakers.shutdown();
});

test("streams that break count, though their first frames had come", async () => {
  const { layer, breakers, turns } = ground();
  const [broken] = await ask(failing(MeshCode.BrokenStream).send, 1);
  async function* breaking() {
    yield 1;
    throw broken;
  }
  const send = layer(async () => ({ value: breaking(), instance: "a1", load: 0 }));
  for (let time = 0; time < 10; time++) {
    const { value } = await send(call({ operation: { streams: true } }));
    const frames = (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    assert.deepEqual(await frames.next(), { value: 1, done: false });
    await assert.rejects(frames.next(), refused(MeshCode.BrokenStream));
  }
  assert.deepEqual(turns, ["far.work open"]);
  breakers.shutdown();
});

test("streams that are left halfway do not count as failing", async () => {
  const { layer, breakers, turns } = ground();
  async function* endless() {
    for (;;) yield 1;
  }
  const send = layer(async () => ({ value: endless(), instance: "a1", load: 0 }));
  for (let time = 0; time < 20; time++) {
    const { value } = await send(call({ operation: { streams: true } }));
    for await (const _ of value as AsyncIterable<unknown>) break;
  }
  assert.deepEqual(turns, []);
  breakers.shutdown();
});

test("circuits are bounded: those in use are kept, the rest is forgotten", async () => {
  const { breakers } = ground();
  for (let skill = 0; skill < 1_000; skill++) breakers.circuit(`far.skill-${skill}`);
  breakers.circuit("far.one-more");
  const kept = breakers.circuit("far.skill-5");
  for (let skill = 0; skill < 500; skill++) breakers.circuit(`far.new-${skill}`);
  assert.equal(breakers.size, 1_000);
  assert.equal(breakers.circuit("far.skill-5"), kept);
  breakers.shutdown();
});

test("after the shutdown no timer is left", async () => {
  const { layer, breakers, clock } = ground();
  await ask(layer(failing(MeshCode.HandlerFailed).send), 12);
  breakers.shutdown();
  assert.equal(clock.pending, 0);
});

test("an option out of range is refused by its path", () => {
  assert.throws(() => resolveBreaker({ minCalls: 0.5 }), refused(MeshCode.InvalidArgument));
  assert.throws(
    () => resolveBreaker({ openMs: 0 }),
    /breaker\.openMs must be a whole number from 1 /,
  );
});
