import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { test } from "node:test";
import { startMesh } from "@myelin/mesh/testing";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { gather } from "../../libs/nats/gather.ts";

const messages = 2_000;

test("the records that a server makes of messages over TLS are read many at a time, none lost or out of order", async () => {
  await using mesh = await startMesh();
  const sender = await connect(await mesh.options("sender"));
  const reader = await connect(await mesh.options("reader"));
  const socket = socketOf(reader);
  let pieces = 0;
  let records = 0;
  const [take] = socket.listeners("data");
  socket.removeAllListeners("data");
  socket.on("data", (piece: Uint8Array) => {
    pieces++;
    take?.(piece);
  });
  gather(reader);
  socket.on("data", () => records++);
  const subscription = reader.subscribe("_INBOX.reader.numbers", { max: messages });
  await reader.flush();
  for (let number = 0; number < messages; number++) {
    sender.publish("_INBOX.reader.numbers", `${number} `.padEnd(200 + (number % 7) * 90, "x"));
  }
  let next = 0;
  for await (const message of subscription) {
    assert.equal(Number.parseInt(message.string(), 10), next++);
  }
  assert.equal(next, messages);
  assert.ok(records > pieces * 3, `${records} records were read as ${pieces} pieces`);
  await Promise.all([sender.close(), reader.close()]);
});

/** Fails where the installed client is not as `gather` knows it. */
function socketOf(nc: NatsConnection): EventEmitter {
  const inside = nc as unknown as { protocol: { transport: { socket: EventEmitter } } };
  return inside.protocol.transport.socket;
}
