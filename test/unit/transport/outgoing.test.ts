import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMeshError, MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { at, block, calling, controls, nobodyThere, stateOf } from "./world.ts";

const from = (instance: string, load = 3) => block(`Mesh-From: ${instance} ${load}`);

test("an answer comes with who gave it and how loaded that was, and nothing is left open", async () => {
  const { send, open, wheel } = calling();
  const { reply, answer, signal } = send();
  answer('{"n":1}', from("a1"));
  assert.deepEqual({ ...(await reply) }, { value: { n: 1 }, instance: "a1", load: 3 });
  signal.settle();
  assert.equal(open(), 0);
  assert.equal(wheel.armed().length, 1, "only the prober's tick, which ends by itself");
});

test("an attempt that is over no longer hears its signal", async () => {
  const { far, send } = calling();
  const { reply, answer, signal } = send();
  answer("1");
  await reply;
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  assert.deepEqual(controls(far, "cancel"), []);
});

test("a second answer is counted as late, and changes nothing", async () => {
  const { send, late } = calling();
  const { reply, answer } = send();
  answer("1");
  answer("2");
  assert.equal((await reply).value, 1);
  assert.equal(late.length, 1);
});

test("a caller that gives up cancels at the instance it asked, with its own reply subject", async () => {
  const { far, send, open } = calling();
  const { reply, signal, token } = send({ target: at("a1") });
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  await assert.rejects(reply, { code: "cancelled" });
  const [cancel] = controls(far, "cancel");
  assert.equal(cancel?.subject, "mesh.control.far.i-a1.tester");
  assert.deepEqual(cancel?.body, { token });
  assert.match(cancel?.reply ?? "", /^_INBOX\.tester\.t1\./);
  assert.equal(open(), 0);
});

test("a call that has ended already sends nothing at all", async () => {
  const { far, send, open, clock } = calling();
  const { reply } = send({ signal: endedSignal() });
  await assert.rejects(reply, { code: "cancelled" });
  assert.deepEqual(far.sent, []);
  assert.equal(open(), 0);
  clock.advance(1_000);
  assert.deepEqual(far.sent, []);

  function endedSignal() {
    const { signal } = calling().send();
    signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
    return signal;
  }
});

test("a cancel that cannot be sent does not keep the call from ending", async () => {
  const { far, send, clock, open } = calling();
  const { reply } = send({ target: at("a1") });
  far.failure = new MeshError(MeshCode.PayloadTooLarge, "nothing passes");
  clock.advance(31_000);
  await assert.rejects(reply, isMeshError);
  assert.equal(open(), 0);
});

test("what cannot be encoded or published fails its call and leaves nothing open", async () => {
  const { far, send, open } = calling();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  await assert.rejects(send({ input: circle }).reply, isMeshError);
  far.failure = new MeshError(MeshCode.PayloadTooLarge, "1 MiB");
  await assert.rejects(send().reply, { code: "payload_too_large" });
  far.isUp = false;
  await assert.rejects(send().reply, { code: "unavailable", origin: "here" });
  assert.equal(open(), 0);
});

test("nobody there is unknown_agent for the queue group, and a lost instance when it was named", async () => {
  const { send, told } = calling();
  const anyone = send();
  anyone.answer("", nobodyThere);
  await assert.rejects(anyone.reply, { code: "unknown_agent", origin: "peer" });
  assert.deepEqual(told, []);
  const named = send({ target: at("a1") });
  named.answer("", nobodyThere);
  await assert.rejects(named.reply, { code: "unavailable", origin: "peer" });
  assert.deepEqual(told, [["lost", "a1"]]);
});

test("everything under way has an unknown fate when the link goes down", async () => {
  const { far, send, open } = calling();
  const calls = [send(), send({ target: at("a1") }), send({ operation: { streams: true } })];
  far.goDown();
  for (const { reply } of calls) await assert.rejects(reply, { code: "unknown_outcome" });
  assert.equal(open(), 0);
});

test("a subject that the server refuses ends the calls that went there, and no others", async () => {
  const { far, send } = calling();
  const [work, nap] = [send(), send({ operation: { skill: "nap" } })];
  far.deny("mesh.call.far.work.any.tester");
  await assert.rejects(work.reply, { code: "permission_denied" });
  assert.equal(await stateOf(nap.reply), "pending");
});

test("a stop ends what is under way and what comes later, and leaves no listener", async () => {
  const { far, send, open, outgoing, inbox, wheel } = calling();
  const { reply, signal } = send();
  outgoing.stop(new MeshError(MeshCode.Closed, "closed"));
  await assert.rejects(reply, { code: "closed" });
  await assert.rejects(send().reply, { code: "closed" });
  assert.equal(open(), 0);
  await inbox.stop();
  assert.equal(far.listeners, 0);
  assert.equal(wheel.armed().includes(signal), true, "the deadline is its layer's to settle");
});

test("an answer in a content type that was not asked for is refused by its name", async () => {
  const { send, open } = calling();
  const { reply, answer } = send();
  answer("<xml/>", block("Mesh-From: a1 0", "Content-Type: text/xml"));
  await assert.rejects(reply, { code: "unsupported_content_type", message: /text\/xml/ });
  assert.equal(open(), 0);
});

test("an answer that is no JSON fails its call as the peer's payload", async () => {
  const { send, open } = calling();
  const { reply, answer } = send();
  answer("{nope", from("a1"));
  await assert.rejects(reply, { code: "malformed_payload" });
  assert.equal(open(), 0);
});

test("an error of the far side arrives with its code, wait and domain data", async () => {
  const { send } = calling();
  const busy = send();
  busy.answer(
    "",
    block(
      "Mesh-From: a1 9",
      "Mesh-Error: overloaded",
      "Nats-Service-Error: overloaded: full",
      "Mesh-Retry-After: 40",
    ),
  );
  await assert.rejects(busy.reply, {
    code: "overloaded",
    origin: "peer",
    message: "overloaded: full",
    retryAfterMs: 40,
  });
  const domain = send();
  domain.answer('{"name":"too_short","data":{"words":3}}', block("Mesh-Error: domain_error"));
  await assert.rejects(domain.reply, {
    code: "domain_error",
    domain: { name: "too_short", data: { words: 3 } },
  });
});

test("whatever comes as an answer settles the call with a value or a MeshError, and nothing throws", async () => {
  const line = fc.oneof(
    fc.string().map((text) => text.replaceAll(/[\r\n]/g, "")),
    fc
      .tuple(
        fc.constantFrom(
          "Mesh-From",
          "Mesh-Error",
          "Nats-Service-Error-Code",
          "Mesh-Frames",
          "Content-Type",
          "Mesh-Retry-After",
        ),
        fc.oneof(
          fc.string(),
          fc.integer().map(String),
          fc.constantFrom("domain_error", "a b", "application/json"),
        ),
      )
      .map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, "")}`),
  );
  const head = fc.oneof(
    fc.constant(""),
    fc.string(),
    fc.array(line, { maxLength: 5 }).map((lines) => block(...lines)),
    fc.string().map((text) => `NATS/1.0 ${text}\r\n\r\n`),
  );
  const payload = fc.oneof(fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(head, payload, fc.boolean(), async (head, payload, streams) => {
      const { send, open } = calling();
      const { reply, answer, signal } = send({ operation: { streams } });
      answer(payload, head);
      signal.end(new MeshError(MeshCode.Cancelled, "enough"));
      await reply.catch((error: unknown) => assert.ok(isMeshError(error), String(error)));
      assert.equal(open(), 0);
    }),
    { numRuns: 300 },
  );
});

test("an instance that gives itself an odd name is never written into a subject", async () => {
  const names = ["a.b", "*", ">", "a\tb", "A1", "", "a\u010aPUB\u0120x\u01200", "x".repeat(80)];
  for (const name of names) {
    const { far, send, told } = calling();
    const { reply, answer, signal } = send({ operation: { streams: true } });
    answer("1", from(name));
    await reply;
    signal.end(new MeshError(MeshCode.Cancelled, "enough"));
    const [cancel] = controls(far, "cancel");
    assert.equal(cancel?.subject, "mesh.control.far.any.tester", JSON.stringify(name));
    assert.deepEqual(told, []);
    const once = send();
    once.answer("1", from(name));
    assert.deepEqual({ ...(await once.reply) }, { value: 1, instance: undefined, load: undefined });
  }
});
