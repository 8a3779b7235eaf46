import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "../../../libs/testing/eventually.ts";
import { guardedFolder } from "../../../libs/testing/guard.ts";
import { runNatsCli } from "../../../libs/testing/nats-cli.ts";
import { patient } from "../../support/dial.ts";
import { HostileMesh, listen, settled } from "../../support/hostile/mesh.ts";
import { makeStores, result, storeOf, submit, work } from "../../support/store-work.ts";

async function start(mesh: HostileMesh): Promise<JetStreamManager> {
  const jsm = await jetstreamManager(await mesh.login("keeper"));
  await makeStores(jsm, 1);
  return jsm;
}

test("a task is stored, taken, acknowledged and gone, all through the store account", async () => {
  await using mesh = await HostileMesh.start();
  const jsm = await start(mesh);
  const carol = await mesh.login("carol");
  const receipt = await storeOf(carol).publish("mesh.task.bob.wipe.high.carol", "one");
  assert.deepEqual(receipt, { stream: Store.tasks, seq: 1, duplicate: false });
  for (let n = 2; n <= 40; n++) await submit(carol, String(n));
  const done: string[] = [];
  const stop = await work(await mesh.login("bob"), done);
  await eventually("all are done", () => done.length === 40);
  await stop();
  assert.equal(new Set(done).size, 40);
  assert.equal((await jsm.streams.info(Store.tasks)).state.messages, 0);
});

test("a plain acknowledgement counts, and a refused task comes back", async () => {
  await using mesh = await HostileMesh.start();
  const jsm = await start(mesh);
  await submit(await mesh.login("carol"), "one");
  const bob = await storeOf(await mesh.login("bob")).consumers.get(Store.tasks, "bob-high");
  (await bob.next({ expires: 20_000 }))?.nak();
  const again = await bob.next({ expires: 20_000 });
  assert.equal(again?.info.deliveryCount, 2);
  again?.working();
  again?.ack();
  await eventually("it is gone", async () => {
    return (await jsm.streams.info(Store.tasks)).state.messages === 0;
  });
});

test("one publish of a result is stored for its submitter and heard live", async () => {
  await using mesh = await HostileMesh.start();
  await start(mesh);
  const carol = await mesh.login("carol");
  const heard = await listen(carol, "mesh.result.carol.>");
  const bob = await mesh.login("bob");
  await storeOf(bob).publish("mesh.result.carol.t1.final.bob", "42");
  assert.equal(await result(carol, "mesh.result.carol.t1.final.bob"), "42");
  await settled(carol);
  assert.deepEqual(
    heard.map((message) => message.string()),
    ["42"],
  );
});

test("an event is stored, and heard live with its publisher's own inbox as reply subject", async () => {
  await using mesh = await HostileMesh.start();
  const jsm = await start(mesh);
  const carol = await mesh.login("carol");
  const heard = await listen(carol, "mesh.event.bob.done");
  await storeOf(await mesh.login("bob")).publish("mesh.event.bob.done", "it is done");
  await settled(carol);
  assert.equal(heard[0]?.string(), "it is done");
  assert.match(heard[0]?.reply ?? "", /^_INBOX\.bob\./);
  assert.equal((await jsm.streams.info(Store.events)).state.messages, 1);
});

test("configuration that keeper writes is heard by every agent, and read directly by who comes later", async () => {
  await using mesh = await HostileMesh.start();
  await start(mesh);
  const bob = await mesh.login("bob");
  const heard = await listen(bob, "mesh.config.>");
  const keeper = await mesh.login("keeper");
  await keeper.request("mesh.config.rules", "v1", patient);
  await eventually("bob hears it", () => heard[0]?.string() === "v1");
  const carol = await mesh.login("carol");
  const question = "mesh.js.DIRECT.GET.MESH_CONFIG.mesh.config.rules";
  const read = await carol.request(question, "", patient);
  assert.equal(read.string(), "v1");
});

test("the real nats CLI of an observer looks at streams and consumers, and changes none", async () => {
  await using mesh = await HostileMesh.start();
  await start(mesh);
  await submit(await mesh.login("carol"), "one");
  const folder = guardedFolder();
  const creds = join(folder, "eve.creds");
  writeFileSync(creds, await mesh.accounts.credentials("eve"), { mode: 0o600 });
  const context = join(folder, "context.json");
  const { caFile, server } = mesh;
  const settings = { url: server.url, creds, ca: caFile, inbox_prefix: "_INBOX.eve" };
  writeFileSync(context, JSON.stringify(settings));
  const nats = (...args: string[]) =>
    runNatsCli([...args, "--js-api-prefix", "mesh.js"], {
      url: server.url,
      env: { NATS_CONTEXT: context },
    });
  const listed = await nats("stream", "ls", "--names");
  assert.deepEqual([listed.code, listed.stdout.includes(Store.tasks)], [0, true], listed.stderr);
  const info = await nats("stream", "info", Store.tasks, "--json");
  assert.equal(JSON.parse(info.stdout).state.messages, 1, info.stderr);
  const consumers = await nats("consumer", "ls", Store.tasks, "--names");
  assert.match(consumers.stdout, /bob-high/, consumers.stderr);
  const consumer = await nats("consumer", "info", Store.tasks, "bob-high", "--json");
  assert.equal(JSON.parse(consumer.stdout).num_pending, 1, consumer.stderr);
  for (const change of [
    ["stream", "purge", Store.tasks, "--force"],
    ["stream", "rm", Store.tasks, "--force"],
    ["consumer", "rm", Store.tasks, "bob-high", "--force"],
  ]) {
    const { code, stderr } = await nats(...change, "--timeout", "800ms");
    assert.notEqual(code, 0, change.join(" "));
    assert.match(stderr, /permission|timeout|deadline/i);
  }
  const after = await nats("stream", "info", Store.tasks, "--json");
  assert.equal(JSON.parse(after.stdout).state.messages, 1);
});
