import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { answerProbe, at, calling, controls, stateOf } from "./world.ts";

const probed = (on: ReturnType<typeof calling>) => controls(on.far, "probe");

test("an attempt that stays out is asked after at its instance, and one that is answered is not", async () => {
  const on = calling();
  const quick = on.send({ target: at("a1") });
  on.clock.advance(200);
  quick.answer("1");
  const slow = on.send({ target: at("a1") });
  on.clock.advance(600);
  const asked = probed(on);
  assert.ok(asked.length >= 1);
  for (const { subject, body } of asked) {
    assert.equal(subject, "mesh.control.far.i-a1.tester");
    assert.deepEqual(body.tokens, [slow.token]);
  }
});

test("three probes without an answer lose the instance and all its attempts, the young ones too", async () => {
  const on = calling();
  const old = on.send({ target: at("a1") });
  const other = on.send({ target: at("a2") });
  on.clock.advance(600);
  answerFor(on, "a2", [other.token]);
  on.clock.advance(300);
  answerFor(on, "a2", [other.token]);
  const young = on.send({ target: at("a1") });
  on.clock.advance(200);
  await assert.rejects(old.reply, { code: "unknown_outcome", origin: "peer", message: /3 probes/ });
  await assert.rejects(young.reply, { code: "unknown_outcome" });
  assert.equal(await stateOf(other.reply), "pending");
  assert.deepEqual(
    on.told.filter(([what]) => what === "lost"),
    [["lost", "a1"]],
  );
});

test("a dead instance is found out within a second and a half of the last attempt", async () => {
  const on = calling();
  const { reply } = on.send({ target: at("a1") });
  on.clock.advance(1_500);
  await assert.rejects(reply, { code: "unknown_outcome" });
});

test("what is lost is cancelled as well, since it may only be stopped", async () => {
  const on = calling();
  const { reply, token } = on.send({ target: at("a1") });
  on.clock.advance(1_500);
  await assert.rejects(reply);
  assert.deepEqual(
    controls(on.far, "cancel").map(({ body }) => body),
    [{ token }],
  );
});

test("one probe without an answer makes an instance suspected, and an answer makes it heard", () => {
  const on = calling();
  const { token } = on.send({ target: at("a1") });
  on.clock.advance(260);
  assert.deepEqual(on.told, []);
  on.clock.advance(250);
  assert.deepEqual(on.told, [["suspected", "a1"]]);
  answerProbe(on.far, "a1", [token]);
  on.clock.advance(250);
  assert.deepEqual(on.told, [
    ["suspected", "a1"],
    ["heard", "a1"],
  ]);
});

test("an attempt is held as long as its instance says so, however long it takes", async () => {
  const on = calling();
  const { reply, token, signal } = on.send({ target: at("a1") });
  signal.settle();
  for (let n = 0; n < 400; n++) {
    on.clock.advance(250);
    answerProbe(on.far, "a1", [token]);
  }
  assert.equal(await stateOf(reply), "pending");
  assert.ok(on.open() <= 6, "probes that were answered are closed in time");
});

test("an instance that answers but does not hold an attempt leaves its fate unknown", async () => {
  const on = calling();
  const [mine, gone] = [on.send({ target: at("a1") }), on.send({ target: at("a1") })];
  on.clock.advance(300);
  answerProbe(on.far, "a1", [mine.token]);
  await assert.rejects(gone.reply, { code: "unknown_outcome", message: /knows nothing of it/ });
  assert.equal(await stateOf(mine.reply), "pending");
  assert.deepEqual(on.told, [["heard", "a1"]]);
});

test("of an attempt sent to anybody, whoever has it is the one that is asked from then on", async () => {
  const on = calling();
  const { token, signal, reply } = on.send();
  on.clock.advance(300);
  assert.equal(probed(on).at(-1)?.subject, "mesh.control.far.any.tester");
  answerProbe(on.far, "a2", []);
  answerProbe(on.far, "a7", [token]);
  on.clock.advance(250);
  assert.equal(probed(on).at(-1)?.subject, "mesh.control.far.i-a7.tester");
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  assert.equal(controls(on.far, "cancel")[0]?.subject, "mesh.control.far.i-a7.tester");
  await assert.rejects(reply, { message: /cancelled/ });
});

test("an attempt sent to anybody that nobody has is given up, and the others of anybody are not", async () => {
  const on = calling();
  const [nobody, somebody] = [on.send(), on.send()];
  for (let n = 0; n < 5; n++) {
    on.clock.advance(250);
    for (const { reply, subject } of probed(on).slice(-2)) {
      if (subject.includes(".any."))
        on.far.deliver(reply, JSON.stringify({ instance: "a1", held: [somebody.token] }));
      else answerProbe(on.far, "a1", [somebody.token]);
    }
  }
  await assert.rejects(nobody.reply, { code: "unknown_outcome" });
  assert.equal(await stateOf(somebody.reply), "pending");
  assert.deepEqual(
    on.told.filter(([what]) => what === "lost"),
    [],
  );
});

test("an answer in another instance's name is not believed", async () => {
  const on = calling();
  const { reply, token } = on.send({ target: at("a1") });
  on.clock.advance(300);
  answerProbe(on.far, "a2", []);
  assert.equal(await stateOf(reply), "pending");
  assert.deepEqual(on.told, []);
  answerProbe(on.far, "a1", [token]);
  assert.deepEqual(on.told, [["heard", "a1"]]);
});

test("more attempts than fit into one probe are named in several, each once", () => {
  const on = calling();
  const tokens = Array.from({ length: 300 }, () => on.send({ target: at("a1") }).token);
  on.clock.advance(260);
  const asked = probed(on).map(({ body }) => body.tokens as string[]);
  assert.deepEqual(
    asked.map((one) => one.length),
    [128, 128, 44],
  );
  assert.deepEqual(asked.flat().toSorted(), tokens.toSorted());
});

test("an odd name or a broken answer is no answer, and is never asked by that name", async () => {
  const on = calling();
  const { token, signal } = on.send();
  on.clock.advance(260);
  const { reply } = probed(on).at(-1) ?? { reply: "" };
  const odd = ["x\u010aPUB\u0120a\u01200", "a b", "*", "a.b", "", 7, null, ["a1"]];
  for (const instance of odd) {
    on.far.deliver(reply, JSON.stringify({ instance, held: [token] }));
  }
  for (const text of ["", "nope", "null", "[]", '"a1"', '{"instance":"a1","held":"all"}']) {
    on.far.deliver(reply, text);
  }
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  assert.equal(controls(on.far, "cancel")[0]?.subject, "mesh.control.far.any.tester");
  assert.deepEqual(
    on.told.filter(([, instance]) => instance !== "a1"),
    [],
  );
});

test("a process that was starved counts nothing, and suspects nobody", async () => {
  const on = calling();
  const { reply, token } = on.send({ target: at("a1") });
  on.clock.advance(260);
  for (let n = 0; n < 10; n++) on.stall(1_000);
  assert.equal(await stateOf(reply), "pending");
  assert.deepEqual(on.told, []);
  answerProbe(on.far, "a1", [token]);
  assert.deepEqual(on.told, [["heard", "a1"]]);
});

test("nothing in flight leaves no timer and no open token behind", async () => {
  const on = calling();
  const calls = [
    on.send({ target: at("a1") }),
    on.send(),
    on.send({ operation: { streams: true } }),
  ];
  on.clock.advance(800);
  for (const { signal } of calls) signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  on.clock.advance(3_000);
  assert.equal(on.open(), 0);
  assert.deepEqual(on.wheel.armed(), []);
  assert.equal(on.clock.pending, 0);
  const sent = on.far.sent.length;
  on.clock.advance(10_000);
  assert.equal(on.far.sent.length, sent);
});

test("a prober that fell asleep looks again when there is something to look after", async () => {
  const on = calling();
  on.send().answer("1");
  on.clock.advance(5_000);
  const { reply } = on.send({ target: at("a1") });
  on.clock.advance(1_500);
  await assert.rejects(reply, { code: "unknown_outcome" });
});

test("a prober that was stopped sends nothing more", () => {
  const on = calling();
  on.send();
  on.outgoing.stop(new MeshError(MeshCode.Closed, "closed"));
  const sent = on.far.sent.length;
  on.clock.advance(5_000);
  assert.equal(on.far.sent.length, sent);
});

test("a probe that the server does not take does not throw", async () => {
  const on = calling();
  const { reply } = on.send({ target: at("a1") });
  on.far.failure = new MeshError(MeshCode.PayloadTooLarge, "128 tokens are too many");
  on.clock.advance(2_000);
  await assert.rejects(reply, { code: "unknown_outcome" });
});

/** Answers the last probe that this instance was sent. */
function answerFor(on: ReturnType<typeof calling>, instance: string, held: string[]): void {
  const last = probed(on).findLast(({ subject }) => subject.includes(`.i-${instance}.`));
  on.far.deliver(last?.reply ?? "", JSON.stringify({ instance, held }));
}
