import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import fc from "fast-check";
import { Outbox } from "../../../libs/nats/outbox.ts";

/** One byte a character, and characters whose low byte is another. */
const wide = fc.nat({ max: 0x3ff }).map((code) => String.fromCharCode(code));

/** An outbox on what stands where nats.js keeps its socket. */
function writing() {
  const chunks: string[] = [];
  const protocol = {
    outMsgs: 0,
    outBytes: 0,
    outbound: {
      fill: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes).toString("latin1")),
    },
    flushPending: () => {},
  };
  const state = { isUp: true };
  const outbox = new Outbox({ protocol } as unknown as NatsConnection, () => state.isUp);
  const write = (subject: string, reply = "", head = "", payload = "") =>
    outbox.write({
      ...{ subject, reply, head },
      payload: Buffer.from(payload, "latin1"),
      size: head.length + payload.length,
      mayWait: false,
    });
  return { outbox, write, state, protocol, wire: () => chunks.join("") };
}

test("a message is written as the protocol has it, with or without headers and reply", () => {
  const { outbox, write, wire, protocol } = writing();
  write("a.b", "", "", "hello");
  write("a.b", "c", "NATS/1.0\r\n\r\n", "\u00ff");
  outbox.flush();
  assert.equal(wire(), "PUB a.b 5\r\nhello\r\nHPUB a.b c 12 13\r\nNATS/1.0\r\n\r\n\u00ff\r\n");
  assert.deepEqual([protocol.outMsgs, protocol.outBytes], [2, 18]);
});

test("no subject can begin another command: what is no plain text is left to nats.js", () => {
  const text = fc.oneof(
    fc.string({ unit: wide }),
    fc.string({
      unit: fc.constantFrom("a", ".", " ", "\t", "\r", "\n", "\u010a", "\u010d", "\u0120"),
    }),
  );
  fc.assert(
    fc.property(text, text, (subject, reply) => {
      const { outbox, write, wire } = writing();
      const isWritten = write(subject, reply);
      outbox.flush();
      const to = reply === "" ? subject : `${subject} ${reply}`;
      assert.equal(wire(), isWritten ? `PUB ${to} 0\r\n\r\n` : "");
      if (isWritten) assert.match(to, /^[!-~]*( [!-~]+)?$/);
    }),
  );
});

test("messages keep their order, however many turns they take", async () => {
  const { write, wire } = writing();
  const expected: string[] = [];
  for (let n = 0; n < 500; n++) {
    const payload = String(n).repeat(1 + (n % 400));
    write("a", "", "", payload);
    expected.push(`PUB a ${payload.length}\r\n${payload}\r\n`);
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(wire(), expected.join(""));
});

test("what was written for a connection that is gone reaches no other", async () => {
  const { write, wire, state } = writing();
  write("a", "", "", "lost");
  state.isUp = false;
  await new Promise((resolve) => setImmediate(resolve));
  state.isUp = true;
  write("a", "", "", "new");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(wire(), "PUB a 3\r\nnew\r\n");
});

test("large messages, and a nats.js that is not as known inside, go another way", () => {
  assert.equal(writing().write("a", "", "", "x".repeat(20_000)), false);
  const strange = new Outbox({ protocol: {} } as unknown as NatsConnection, () => true);
  assert.equal(
    strange.write({
      ...{ subject: "a", reply: "", head: "", payload: "" },
      size: 0,
      mayWait: false,
    }),
    false,
  );
});

test("text goes as UTF-8, whether it is ASCII or not", () => {
  const { outbox, flushed } = texts();
  for (const payload of ["plain", "grüß 👋"]) {
    const size = Buffer.byteLength(payload);
    outbox.write({ subject: "a", reply: "", head: "", payload, size, mayWait: false });
  }
  outbox.flush();
  assert.equal(flushed(), "PUB a 5\r\nplain\r\nPUB a 11\r\ngrüß 👋\r\n");
});

function texts() {
  const bytes: Uint8Array[] = [];
  const protocol = {
    outbound: { fill: (some: Uint8Array) => void bytes.push(Buffer.from(some)) },
    flushPending: () => {},
    outMsgs: 0,
    outBytes: 0,
  };
  const outbox = new Outbox({ protocol } as unknown as NatsConnection, () => true);
  return { outbox, flushed: () => Buffer.concat(bytes).toString("utf8") };
}

test("what may wait goes at the end of the turn, and before what is urgent after it", async () => {
  const { outbox, flushed } = texts();
  const say = (payload: string, mayWait: boolean) =>
    outbox.write({ subject: "a", reply: "", head: "", payload, size: payload.length, mayWait });
  say("1", true);
  await Promise.resolve();
  assert.equal(flushed(), "");
  await new Promise((resolve) => process.nextTick(resolve));
  assert.equal(flushed(), "PUB a 1\r\n1\r\n");
  say("2", true);
  say("3", false);
  await Promise.resolve();
  assert.equal(flushed(), "PUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n");
});
