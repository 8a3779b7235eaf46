import assert from "node:assert/strict";
import { connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import { dial } from "../../../libs/nats/dial.ts";
import { eventually, startNats } from "../../../libs/testing/index.ts";

/** Takes connections and never says a word. */
class SilentServer implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  readonly #server: Server = createServer((socket) => {
    this.sockets.push(socket);
    // What comes is read, so that the end is seen.
    socket.resume().on("error", () => {});
  });

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    await new Promise<void>((resolve) => silent.#server.listen(0, "127.0.0.1", resolve));
    return silent;
  }

  get port(): number {
    return (this.#server.address() as { readonly port: number }).port;
  }

  /** Connections that their clients have not closed. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** So that it tries once: with every look at the clock a minute has gone by. */
function hurry(t: TestContext): void {
  let minutes = 0;
  t.mock.method(performance, "now", () => 60_000 * minutes++);
}

function attempt(port: number, nats: object = {}): Promise<NatsConnection> {
  const servers = [`nats://127.0.0.1:${port}`];
  return dial({ servers, name: "ops" }, { servers, reconnect: false, timeout: 300, ...nats });
}

test("a server that takes the connection and says nothing is left again, socket and all", async () => {
  await using server = await SilentServer.start();
  await assert.rejects(attempt(server.port), { code: "unavailable", message: /it was silent/ });
  assert.ok(server.sockets.length > 1, "it was tried for some seconds");
  await eventually("every socket is closed", () => server.open === 0, { timeoutMs: 5_000 });
});

test("one that waits for the handshake first is left as well", async (t) => {
  hurry(t);
  await using server = await SilentServer.start();
  await assert.rejects(attempt(server.port, { tls: { handshakeFirst: true } }), {
    code: "unavailable",
  });
  t.mock.restoreAll();
  assert.equal(server.sockets.length, 1);
  await eventually("its socket is closed", () => server.open === 0, { timeoutMs: 5_000 });
});

test("an attempt that fails leaves alone what is connected meanwhile, here and elsewhere", async (t) => {
  await using server = await SilentServer.start();
  await using nats = await startNats();
  hurry(t);
  const failed = assert.rejects(attempt(server.port), { code: "unavailable" });
  const other = connectSocket(server.port, "127.0.0.1");
  // Whoever has said something is no client that waits for a greeting.
  other.write("hello");
  const connected = await attempt(nats.port, { timeout: 20_000 });
  await failed;
  t.mock.restoreAll();
  await eventually(
    "its own socket is closed",
    () => server.sockets.length === 2 && server.open === 1,
  );
  assert.equal(other.destroyed, false);
  other.destroy();
  await connected.flush();
  await connected.close();
});
