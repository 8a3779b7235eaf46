import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, startNats } from "@myelin/mesh/testing";
import { connect, headers } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../../libs/errors/index.ts";
import { fromNats, Link } from "../../libs/nats/index.ts";

const nothing = new Uint8Array(0);

/** What nats.js itself throws for this. */
async function thrownBy(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

test("what nats.js throws on a real server gets its code", async () => {
  await using server = await startNats({ config: "max_payload: 1024" });
  const nc = await connect({ servers: server.url, noAsyncTraces: true });
  const cases: readonly (readonly [MeshCode, () => unknown])[] = [
    [MeshCode.InvalidName, () => nc.publish("")],
    [MeshCode.InvalidName, () => nc.subscribe("a b")],
    [MeshCode.PayloadTooLarge, () => nc.publish("a", new Uint8Array(1025))],
    [MeshCode.InvalidArgument, () => headers().set("a b", "c")],
    [MeshCode.Unavailable, () => nc.request("nobody", "", { timeout: 20_000 })],
    [
      MeshCode.DeadlineExceeded,
      () => quietly(nc.subscribe("quiet"), () => nc.request("quiet", "", { timeout: 20 })),
    ],
    [MeshCode.Closed, () => nc.close().then(() => nc.publish("a"))],
    [MeshCode.Closed, () => nc.flush()],
  ];
  for (const [code, act] of cases) {
    const error = fromNats(await thrownBy(act), "here");
    assert.equal(error.code, code, error.message);
    assert.match(error.message, new RegExp(`^${code}: here: `));
  }
});

async function quietly<T>(sub: { unsubscribe(): void }, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } finally {
    sub.unsubscribe();
  }
}

test("a MeshError passes as it is, and what is no error of a network is internal", () => {
  const known = new MeshError(MeshCode.Draining, "x");
  assert.equal(fromNats(known, "here"), known);
  assert.equal(fromNats(new RangeError("defect"), "here").code, MeshCode.Internal);
  assert.equal(fromNats("text", "here").code, MeshCode.Internal);
});

test("a broker that is not there is named, with what to do", async () => {
  const server = await startNats();
  await server.stop();
  await assert.rejects(Link.connect({ servers: [server.url], name: "a" }), (error: MeshError) => {
    assert.equal(error.code, MeshCode.Unavailable);
    assert.ok(error.message.includes(server.url), error.message);
    assert.match(error.message, /connection refused.*is a nats-server running there\?/);
    return true;
  });
});

test("a name that no resolver knows is unavailable, a URL that is none is an invalid argument", async () => {
  const unknown = Link.connect({ servers: ["nats://nowhere.invalid"], name: "a" });
  await assert.rejects(unknown, { code: "unavailable" });
  await assert.rejects(Link.connect({ servers: ["nats://a:b:c"], name: "a" }), {
    code: "invalid_argument",
  });
  await assert.rejects(Link.connect({ servers: [], name: "a" }), { code: "invalid_argument" });
});

test("wrong credentials are permission denied at once, and never shown", async () => {
  await using server = await startNats({ config: "authorization { user: a, password: right }" });
  const servers = [server.url.replace("//", "//a:wrong@")];
  const options = {
    servers,
    name: "a",
    waitForBrokerMs: 10_000,
    nats: { user: "a", pass: "wrong" },
  };
  await assert.rejects(Link.connect(options), (error: MeshError) => {
    assert.equal(error.code, MeshCode.PermissionDenied);
    assert.match(error.message, /check the credentials/);
    assert.doesNotMatch(error.message, /wrong/);
    return true;
  });
});

test("a broker that comes a little later is waited for where that is asked", async () => {
  await using server = await startNats();
  await server.kill();
  const connecting = Link.connect({ servers: [server.url], name: "a", waitForBrokerMs: 10_000 });
  await server.restart();
  await using link = await connecting;
  assert.equal(link.isUp, true);
});

test("a server that wants TLS from a client without its CA is a clear error", async () => {
  await using server = await startNats();
  const tls = Link.connect({ servers: [server.url], name: "a", nats: { tls: {} } });
  await assert.rejects(tls, (error: MeshError) => {
    assert.equal(error.code, MeshCode.Unavailable);
    assert.match(error.message, /does not support 'tls'.*speaks plain text only/);
    return true;
  });
});

test("options that would break the mesh's promises are refused by name", async () => {
  const attempt = (nats: object) =>
    assert.rejects(Link.connect({ servers: ["nats://127.0.0.1:1"], name: "a", nats }), {
      code: "invalid_argument",
      message: new RegExp(`nats\\.${Object.keys(nats)[0]}`),
    });
  await attempt({ maxReconnectAttempts: 3 });
  await attempt({ reconnect: false });
  await attempt({ noEcho: true });
  await attempt({ pingInterval: 0 });
  await attempt({ reconnectTimeWait: Number.NaN });
  await attempt({ timeout: Number.POSITIVE_INFINITY });
});

const alice = `authorization { users: [{ user: alice, password: p, permissions {
  publish: ["open.>", "_INBOX.>"], subscribe: ["open.>"] } }] }`;

test("a refused publication is handed over with its subject", async () => {
  await using server = await startNats({ config: alice });
  const troubles: MeshError[] = [];
  await using link = await Link.connect({
    servers: [server.url],
    name: "alice",
    nats: { user: "alice", pass: "p" },
    onTrouble: (trouble) => troubles.push(trouble),
  });
  const denied: string[] = [];
  link.onDenied(({ operation, subject, error }) => {
    denied.push(`${operation} ${subject} ${error.code}`);
  });
  link.publish("secret.plan", nothing);
  await eventually("the denial came", () => denied.length > 0);
  assert.deepEqual(denied, ["publish secret.plan permission_denied"]);
  assert.match(troubles[0]?.message ?? "", /does not let this user publish to secret\.plan/);
  assert.equal(link.isUp, true);
});

test("a refused subscription knows it after a flush, and others go on", async () => {
  await using server = await startNats({ config: alice });
  const nats = { user: "alice", pass: "p" };
  await using link = await Link.connect({ servers: [server.url], name: "alice", nats });
  let heard = 0;
  const open = link.subscribe("open.x", () => heard++);
  const shut = link.subscribe("shut.x", () => {}, "queue");
  await link.flush();
  assert.equal(open.refused, undefined);
  assert.equal(shut.refused?.code, MeshCode.PermissionDenied);
  assert.match(shut.refused?.message ?? "", /subscribe to shut\.x/);
  link.publish("open.x", nothing);
  await link.flush();
  assert.equal(heard, 1);
  await shut.stop();
});

test("a payload over the server's limit is refused here, headers counted", async () => {
  await using server = await startNats({ config: "max_payload: 1024" });
  await using link = await Link.connect({ servers: [server.url], name: "a" });
  assert.equal(link.maxPayload, 1024);
  const head = "NATS/1.0\r\nA: 1\r\n\r\n";
  link.publish("a", new Uint8Array(1024 - head.length), { head });
  const over = () => link.publish("a", new Uint8Array(1025 - head.length), { head });
  assert.throws(over, { code: "payload_too_large", message: /1025 bytes.*takes 1024/ });
  await link.flush();
});
