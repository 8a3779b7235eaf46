import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { gather } from "../../../libs/nats/gather.ts";

test("what arrives over TLS in one turn is handed over as one piece, in order", async () => {
  const { socket, taken, nc } = connection();
  gather(nc);
  for (const text of ["MSG a 1 ", "5\r\nhel", "lo\r\n"]) socket.emit("data", Buffer.from(text));
  assert.deepEqual(taken, []);
  await turn();
  socket.emit("data", Buffer.from("PING\r\n"));
  await turn();
  assert.deepEqual(taken, ["MSG a 1 5\r\nhello\r\n", "PING\r\n"]);
});

test("a connection that is told of twice is gathered once", async () => {
  const { socket, taken, nc } = connection();
  for (let told = 0; told < 20; told++) gather(nc);
  assert.equal(socket.listenerCount("end"), 1);
  socket.emit("data", Buffer.from("PING\r\n"));
  await turn();
  assert.deepEqual(taken, ["PING\r\n"]);
});

for (const event of ["end", "close"]) {
  test(`what arrived before the socket's ${event} is read before it`, () => {
    const { socket, taken, nc } = connection();
    socket.on(event, () => taken.push(event));
    gather(nc);
    socket.emit("data", Buffer.from("-ERR 'Stale Connection'\r\n"));
    socket.emit(event);
    assert.deepEqual(taken, ["-ERR 'Stale Connection'\r\n", event]);
  });
}

test("what arrived from a connection that nats.js has let go of is read by nobody", async () => {
  const { socket, taken, transport, nc } = connection();
  gather(nc);
  socket.emit("data", Buffer.from("MSG a 1 5\r\n"));
  transport.isClosed = true;
  await turn();
  assert.deepEqual(taken, []);
});

test("plain text is read as it comes", () => {
  const { socket, taken, transport, nc } = connection();
  transport.isTls = false;
  gather(nc);
  socket.emit("data", Buffer.from("PING\r\n"));
  assert.deepEqual(taken, ["PING\r\n"]);
});

test("a client that is not as known inside is left as it is", () => {
  gather({} as NatsConnection);
  const { socket, taken, nc } = connection();
  socket.on("data", () => taken.push("another"));
  gather(nc);
  socket.emit("data", Buffer.from("PING\r\n"));
  assert.deepEqual(taken, ["PING\r\n", "another"]);
});

function connection() {
  const socket = new EventEmitter();
  const taken: string[] = [];
  socket.on("data", (bytes: Buffer) => taken.push(bytes.toString()));
  const transport = { isClosed: false, isTls: true, isEncrypted: () => transport.isTls, socket };
  const nc = { protocol: { transport } } as unknown as NatsConnection;
  return { socket, taken, transport, nc };
}
