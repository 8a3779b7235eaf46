import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, locate } from "@myelin/mesh";
import { echo, runNatsCli, startMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";

const policy = `
version: 1
workspaces:
  desk:
    agents:
      echo: { skills: [say, spell] }
      asker: { skills: [], calls: [echo.say] }
    roles:
      operator: { members: [ops] }
  sales:
    agents:
      echo: { skills: [say] }
    roles:
      operator: { members: [ops] }
`;

test("startMesh gives agents that answer, and ends everything with its scope", async () => {
  const mesh = await startMesh({ agents: 3 });
  const caller = await mesh.connect();
  const client = caller.client(echo);
  assert.deepEqual(await client.say({ text: "hello" }), { text: "hello" });
  const letters: string[] = [];
  for await (const letter of client.spell({ text: "abc" })) letters.push(letter);
  assert.deepEqual(letters, ["a", "b", "c"]);
  assert.equal(mesh.connections.length, 4);
  await mesh.stop();
  assert.equal(caller.isUp, false);
  assert.equal(mesh.server.pid, undefined);
});

test("a mesh under test takes nobody without credentials, and nothing in plain text", async () => {
  await using mesh = await startMesh();
  const { servers, tls, credentials } = mesh.access;
  await assert.rejects(connect({ servers, tls, name: "me" }), { code: "permission_denied" });
  const untrusting = connect({ servers, credentials, name: "me" });
  await assert.rejects(untrusting, { code: "unavailable", message: /tls\.caFile/ });
  const plain = connect({ servers, credentials, tls: false, name: "me" });
  await assert.rejects(plain, { code: /unavailable|permission_denied/ });
});

test("a program that locates its mesh joins by the environment alone", async () => {
  await using mesh = await startMesh({ agents: 1 });
  await using me = await connect({ ...locate(mesh.env), name: "somebody" });
  assert.deepEqual(await me.client(echo).say({ text: "here" }), { text: "here" });
});

test("plain clients get a name's credentials, and the server keeps them to that name", async () => {
  await using mesh = await startMesh({ agents: 1 });
  const nc = await connectPlain(await mesh.options("bob"));
  const patient = { timeout: 20_000 };
  const reply = await nc.request("mesh.call.echo.say.any.bob", '{"text":"plain"}', patient);
  assert.deepEqual(reply.json(), { text: "plain" });
  const asAnother = nc.request("mesh.call.echo.say.any.alice", '{"text":"plain"}', patient);
  await assert.rejects(asAnother, /permissions violation/i);
  await nc.close();
  const { code, stdout } = await runNatsCli(["micro", "ls"], await mesh.cli());
  assert.equal(code, 0);
  assert.match(stdout, /echo/);
});

test("a policy grants what it says, in each of its workspaces", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(echo, { say: () => ({ text: "desk" }), spell: async function* () {} });
  const sales = { workspace: "sales" } as const;
  await mesh.serve(echo, { say: () => ({ text: "sales" }), spell: async function* () {} }, sales);
  const asker = (await mesh.connect("asker")).client(echo);
  assert.deepEqual(await asker.say({ text: "" }), { text: "desk" });
  const spelling = asker.spell({ text: "x" })[Symbol.asyncIterator]().next();
  await assert.rejects(spelling, { code: "permission_denied" });
  const ops = (await mesh.connect("ops", sales)).client(echo);
  assert.deepEqual(await ops.say({ text: "" }), { text: "sales" });
});
