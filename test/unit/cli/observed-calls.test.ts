import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@myelin/mesh/testing";
import { Calls, type SeenCall } from "../../../libs/operate/calls.ts";

const subject = "mesh.call.summarizer.summarize.any.ops";
const reply = "_INBOX.ops.a1.token1";

test("a call is seen with who, what, how long and who answered", () => {
  const { calls, clock, seen } = observed();
  calls.request(
    message(subject, { reply, head: block("Mesh-Id: c1", "Mesh-Attempt: 2"), body: "{}" }),
  );
  clock.advance(12);
  calls.reply(message(reply, { head: block("Mesh-From: b2 3"), body: '"short"' }));
  assert.deepEqual(seen, [
    {
      caller: "ops",
      agent: "summarizer",
      skill: "summarize",
      route: { to: "any" },
      attempt: 2,
      id: "c1",
      instance: "b2",
      tookMs: 12,
      outcome: "ok",
      frames: undefined,
      requestBytes: 2,
      replyBytes: 7,
    },
  ]);
  assert.equal(calls.size, 0);
});

test("a refused call is seen with its code", () => {
  const { calls, seen } = observed();
  calls.request(message(subject, { reply }));
  calls.reply(
    message(reply, { head: block("Mesh-Error: overloaded", "Nats-Service-Error-Code: 429") }),
  );
  assert.equal(seen[0]?.outcome, "overloaded");
});

test("a stream is seen once, at its end, with its frames", () => {
  const { calls, seen } = observed();
  calls.request(message(subject, { reply, head: block("Mesh-Credit: 1000") }));
  calls.reply(message(reply, { head: block("Mesh-From: b2 1"), body: "1" }));
  calls.reply(message(reply, { body: "2" }));
  assert.equal(seen.length, 0);
  calls.reply(message(reply, { head: block("Mesh-Frames: 2") }));
  assert.equal(seen[0]?.frames, 2);
  assert.equal(seen[0]?.outcome, "ok");
});

test("a call that its caller cancels is seen as cancelled", () => {
  const { calls, seen } = observed();
  calls.request(message(subject, { reply }));
  calls.cancelled("other", "token1");
  assert.equal(seen.length, 0);
  calls.cancelled("ops", "token1");
  assert.equal(seen[0]?.outcome, "cancelled");
});

test("a call without an answer is seen once its time is up", () => {
  const { calls, clock, seen } = observed();
  calls.request(message(subject, { reply, head: block("Mesh-Timeout: 1000") }));
  clock.advance(1_000);
  calls.sweep();
  assert.equal(seen.length, 0);
  clock.advance(500);
  calls.sweep();
  assert.equal(seen[0]?.outcome, "no_reply");
});

test("what cannot be read is left alone", () => {
  const { calls, seen } = observed();
  calls.request(message("mesh.call.summarizer", { reply }));
  calls.request(message(subject, {}));
  calls.request(message(subject, { reply, head: block("Mesh-Timeout: soon") }));
  calls.reply(message(reply, { body: "1" }));
  assert.equal(calls.size, 0);
  assert.equal(seen.length, 0);
});

test("memory is bounded: over the limit the oldest open call is forgotten", () => {
  const { calls, seen } = observed(2);
  for (const token of ["t1", "t2", "t3"]) {
    calls.request(message(subject, { reply: `_INBOX.ops.a1.${token}` }));
  }
  assert.equal(calls.size, 2);
  assert.equal(calls.forgotten, 1);
  calls.reply(message("_INBOX.ops.a1.t1", {}));
  assert.equal(seen.length, 0);
});

function observed(most?: number) {
  const clock = new ManualClock();
  const seen: SeenCall[] = [];
  return { clock, seen, calls: new Calls(clock, (call) => seen.push(call), most) };
}

function message(subject: string, parts: { reply?: string; head?: string; body?: string }) {
  const { reply = "", head = "", body = "" } = parts;
  return { subject, reply, head, payload: Buffer.from(body) };
}

function block(...lines: readonly string[]): string {
  return `NATS/1.0\r\n${lines.join("\r\n")}\r\n\r\n`;
}
