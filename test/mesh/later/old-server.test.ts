import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";
import { test } from "node:test";
import { connect } from "@myelin/mesh";
import { startNats } from "@myelin/mesh/testing";
import { LaterKeeper } from "../../../libs/operate/keeper/index.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { storedMesh } from "../../support/stores.ts";

const tooOld = {
  code: "unavailable",
  message: /nats-server 2\.14 or newer is needed, this one is 2\.12\.9/,
};

/** A way to a server that says it is another version, as one of that version would. */
async function posingAs(version: string, port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = dial(port, "127.0.0.1");
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    client.pipe(broker);
    broker.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1").replace(/"version":"[^"]+"/, `"version":"${version}"`);
      client.write(Buffer.from(text, "latin1"));
    });
    broker.on("close", () => client.destroy());
    client.on("close", () => broker.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `nats://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

test("below 2.14 work for later is refused, and says which server it takes", async () => {
  await using server = await startNats();
  await using old = await posingAs("2.12.9", server.port);
  await using mesh = await connect({ name: "boss", servers: old.url });
  const { paint } = mesh.client(painter);
  await assert.rejects(paint.submit({ what: "a gate" }, { delayMs: 50 }), tooOld);
  await assert.rejects(paint.schedule({ what: "a" }, { id: "a", cron: "@daily" }), tooOld);
  const listed = paint.schedules()[Symbol.asyncIterator]();
  await assert.rejects(Promise.resolve(listed.next()), tooOld);
});

test("keeper leaves work for later alone on an older server, and says why", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using keeper = await joinKeeper(home, { duties: {} });
  const { keeping } = keeper;
  const link = Object.create(keeping.vault.link, { serverVersion: { value: "2.12.9" } });
  const vault = { ...keeping.vault, name: "keeper", link, store: keeping.vault.store };
  await assert.rejects(new LaterKeeper({ ...keeping, vault } as never).start(), tooOld);
});
