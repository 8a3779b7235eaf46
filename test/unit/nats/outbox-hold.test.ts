import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import { Outbox } from "../../../libs/nats/outbox.ts";

/** What stands where nats.js keeps its socket, and what was written to it. */
function connection() {
  const chunks: Uint8Array[] = [];
  const protocol = {
    outMsgs: 0,
    outBytes: 0,
    outbound: { fill: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) },
    flushPending: () => {},
  };
  const nc = { protocol } as unknown as NatsConnection;
  return { nc, protocol, wire: () => Buffer.concat(chunks).toString("latin1") };
}

function outboxOn(nc: NatsConnection, state = { isUp: true }) {
  const outbox = new Outbox(nc, () => state.isUp);
  const write = (subject: string, payload = "") =>
    outbox.write({
      ...{ subject, reply: "", head: "", payload, size: payload.length, mayWait: false },
    });
  return { outbox, write, state };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what is written before goes to the old connection, what is held to the new one, in order", async () => {
  const [old, next] = [connection(), connection()];
  const { outbox, write } = outboxOn(old.nc);
  write("a");
  outbox.hold();
  write("b");
  await turn();
  outbox.pass(10, () => next.protocol.outbound.fill(Buffer.from("large ")));
  write("c", "x".repeat(16_000));
  for (let n = 0; n < 20; n++) write("d", "y".repeat(8_000));
  assert.equal(old.wire(), "PUB a 0\r\n\r\n");
  assert.equal(next.wire(), "");
  outbox.release(next.nc);
  write("e");
  await turn();
  assert.match(
    next.wire(),
    /^PUB b 0\r\n\r\nlarge PUB c 16000\r\nx+\r\n(PUB d 8000\r\ny+\r\n){20}PUB e 0\r\n\r\n$/,
  );
  assert.equal(old.wire(), "PUB a 0\r\n\r\n");
});

test("what is held has a bound", () => {
  const { outbox, write } = outboxOn(connection().nc);
  outbox.hold();
  const flood = () => {
    for (let n = 0; n < 10_000; n++) write("a", "x".repeat(16_000));
  };
  assert.throws(flood, { code: "unavailable", message: /the limit is 33554432/ });
  assert.throws(
    () => {
      for (let n = 0; n < 100; n++) outbox.pass(1, () => {});
    },
    { code: "unavailable" },
  );
});

test("what is held for a connection that is lost meanwhile reaches no other", async () => {
  const [old, next] = [connection(), connection()];
  const { outbox, write, state } = outboxOn(old.nc);
  outbox.hold();
  write("lost");
  state.isUp = false;
  outbox.release(next.nc);
  state.isUp = true;
  write("new");
  await turn();
  assert.equal(next.wire(), "PUB new 0\r\n\r\n");
});
