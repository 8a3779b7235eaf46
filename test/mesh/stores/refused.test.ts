import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { serverConfig } from "@myelin/mesh/operate";
import { filesIn, HomeMesh } from "../../support/home-mesh.ts";
import { durableMesh, storeManager } from "../../support/store-manager.ts";

const with2 = (line: string): string =>
  durableMesh.replace("    roles:", `    ${line}\n    roles:`);

/** Applies another mesh.yaml; the answer is what was complained of, and whether anything was touched. */
async function applied(mesh: HomeMesh, text: string) {
  writeFileSync(mesh.home.layout.meshFile, text);
  const before = filesIn(mesh.home.folder);
  const { exit, err } = await mesh.run("apply");
  const after = filesIn(mesh.home.folder);
  return { exit, err, isTouched: JSON.stringify([...before]) !== JSON.stringify([...after]) };
}

test("a durable subscription's start cannot change in place: refused with what to do, nothing applied", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  const { exit, err, isTouched } = await applied(
    mesh,
    durableMesh
      .replace("from: beginning", "from: now")
      .replace(/ {6}worker: .*\n/, (line) => line.replace("skills: [do]", "skills: [do, redo]")),
  );
  assert.equal(exit, 2);
  assert.match(err, /consumer boss=diary of MESH_EVENTS has deliver_policy "all", not "new"/);
  assert.match(err, /lose its place; follow under another name, or remove the consumer/);
  assert.equal(isTouched, false);
  await using store = await storeManager(mesh);
  const { config } = await store.jsm.consumers.info("MESH_EVENTS", "boss=diary");
  assert.equal(config.deliver_policy, "all");
});

test("a stream of our name that somebody else made otherwise is refused, and stays as it is", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await using store = await storeManager(mesh);
  await store.jsm.streams.add({ name: "MESH_TASKS", subjects: ["other.>"] });
  const dry = await mesh.run("apply", "--dry-run");
  assert.equal(dry.exit, 2);
  assert.match(dry.err, /stream MESH_TASKS is there, was not made by apply, and has retention/);
  const { exit, err, isTouched } = await applied(mesh, durableMesh.replace("[do]", "[do, redo]"));
  assert.equal(exit, 2);
  assert.match(err, /the streams of desk cannot be made what mesh\.yaml says/);
  assert.match(err, /subjects \["other\.>"\], not \["mesh\.task\.\*\.\*\.\*\.\*"\]/);
  assert.equal(isTouched, false);
  const { config } = await store.jsm.streams.info("MESH_TASKS");
  assert.deepEqual(config.subjects, ["other.>"]);
  await assert.rejects(store.jsm.streams.info("MESH_LATER"), /not found/);
});

test("a stream that holds more than it shall have is not cut down", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  await using store = await storeManager(mesh);
  const body = "x".repeat(700_000);
  for (const name of ["a", "b"])
    await store.jsm.jetstream().publish(`mesh.dead.task.${name}.do.t.0`, body);
  const { exit, err } = await applied(mesh, with2("streams: { dead: { maxBytes: 1048576 } }"));
  assert.equal(exit, 2);
  assert.match(err, /MESH_DEAD: maxBytes 1048576 would drop what it holds \(14\d{5} bytes\)/);
  assert.equal((await store.jsm.streams.info("MESH_DEAD")).state.messages, 2);
});

test("a sealed stream, where nothing can be stored any more, is refused", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  await using store = await storeManager(mesh);
  const { config } = await store.jsm.streams.info("MESH_RESULTS");
  await store.jsm.streams.update("MESH_RESULTS", { ...config, sealed: true } as never);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 2);
  assert.match(err, /stream MESH_RESULTS is sealed: nothing can be stored there/);
});

test("with provision: bind nothing is made; what is missing or different is named", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  const missing = await applied(mesh, with2("provision: bind"));
  assert.equal(missing.exit, 2);
  assert.match(missing.err, /stream MESH_TASKS is not there; provision is bind, so whoever keeps/);
  await using store = await storeManager(mesh);
  assert.deepEqual(await store.jsm.streams.names().next(), []);
  assert.equal((await applied(mesh, durableMesh)).exit, 0);
  const bound = await applied(mesh, with2("provision: bind"));
  assert.equal(bound.exit, 0, bound.err);
  const { config } = await store.jsm.streams.info("MESH_EVENTS");
  const { metadata: _, ...bare } = config;
  await store.jsm.streams.update("MESH_EVENTS", { ...bare, metadata: {}, max_bytes: 1_048_576 });
  const different = await applied(mesh, with2("provision: bind"));
  assert.equal(different.exit, 2);
  assert.match(
    different.err,
    /stream MESH_EVENTS has max_bytes 1048576, not 268435456; provision is bind/,
  );
  assert.doesNotMatch(different.err, /metadata|MESH_TASKS/);
});

test("with provision: off no stream is looked at, with or without streams on the server", async () => {
  await using mesh = await HomeMesh.start({ mesh: with2("provision: off") });
  assert.equal((await mesh.run("apply")).out, "nothing to do\n");
  await using store = await storeManager(mesh);
  assert.deepEqual(await store.jsm.streams.names().next(), []);
  await withoutStreams(mesh);
  const { exit, out, err } = await mesh.run("apply");
  assert.deepEqual({ exit, out, err }, { exit: 0, out: "nothing to do\n", err: "" });
});

test("on a server without streams all else is applied, and the error says what it lacks", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await withoutStreams(mesh);
  const { exit, err } = await applied(mesh, durableMesh.replace("[do]", "[do, redo]"));
  assert.equal(exit, 1);
  assert.match(err, /streams of desk: the server keeps no streams .*jetstream \{ \} block/);
  assert.match((await mesh.run("versions")).out, /^ +2 /m);
  const dry = await mesh.run("apply", "--dry-run");
  assert.match(dry.err, /the streams of desk could not be looked at: the server keeps no streams/);
});

/** The same server again, with no jetstream in its configuration. */
async function withoutStreams(mesh: HomeMesh): Promise<void> {
  const config = serverConfig(mesh.home).replace(/^(listen|jetstream).*$/gm, "");
  await mesh.server.reload(config).catch(() => undefined);
  await mesh.server.restart();
}
