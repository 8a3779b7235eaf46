import assert from "node:assert/strict";
import { test } from "node:test";
import { startNats } from "@myelin/mesh/testing";
import { connect, headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { type Inbound, inbound } from "../../libs/nats/message.ts";

/** The same message without the parts that are nats.js's own business. */
function withoutInsides({ subject, reply, headers: all, data }: Msg): Msg {
  return { subject, reply, headers: all, data } as Msg;
}

/** Has a message sent and reads it both ways. */
async function readBothWays(send: (nc: NatsConnection) => void): Promise<Inbound> {
  await using server = await startNats();
  const nc = await connect({ servers: server.url });
  try {
    const sub = nc.subscribe("here", { max: 1 });
    send(nc);
    for await (const msg of sub) {
      const raw = inbound(msg);
      const open = inbound(withoutInsides(msg));
      assert.deepEqual(
        { ...open, payload: [...open.payload] },
        { ...raw, payload: [...raw.payload] },
      );
      return raw;
    }
    throw new assert.AssertionError({ message: "no message came" });
  } finally {
    await nc.close();
  }
}

test("a message without headers has an empty head", async () => {
  const message = await readBothWays((nc) => nc.publish("here", "hello", { reply: "_INBOX.me.1" }));
  assert.equal(message.head, "");
  assert.equal(message.reply, "_INBOX.me.1");
  assert.equal(Buffer.from(message.payload).toString(), "hello");
});

test("an empty message is empty, with headers and without", async () => {
  const bare = await readBothWays((nc) => nc.publish("here"));
  assert.deepEqual([bare.head, bare.reply, bare.payload.length], ["", "", 0]);
  const head = headers();
  head.set("A", "1");
  const headed = await readBothWays((nc) => nc.publish("here", "", { headers: head }));
  assert.equal(headed.head, "NATS/1.0\r\nA: 1\r\n\r\n");
  assert.equal(headed.payload.length, 0);
});

test("headers and payload are told apart", async () => {
  const head = headers();
  head.append("Mesh-Id", "x");
  head.append("Mesh-Id", "y");
  const payload = new Uint8Array([0, 255, 13, 10]);
  const message = await readBothWays((nc) => nc.publish("here", payload, { headers: head }));
  assert.equal(message.head, "NATS/1.0\r\nMesh-Id: x\r\nMesh-Id: y\r\n\r\n");
  assert.deepEqual([...message.payload], [0, 255, 13, 10]);
});

test("a header value beyond ASCII keeps its bytes", async () => {
  const head = headers();
  head.set("Note", "größe");
  const message = await readBothWays((nc) => nc.publish("here", "", { headers: head }));
  const bytes = Buffer.from(message.head, "latin1").toString("utf8");
  assert.equal(bytes, "NATS/1.0\r\nNote: größe\r\n\r\n");
});

test("the server's 503 shows in the head", async () => {
  const message = await readBothWays((nc) => nc.publish("nobody", "", { reply: "here" }));
  assert.match(message.head, /^NATS\/1\.0 503\r\n/);
  assert.equal(message.subject, "here");
  assert.equal(message.payload.length, 0);
});
