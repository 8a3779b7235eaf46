import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store, storeApi } from "@myelin/subjects";
import { createInbox, headers, type NatsConnection } from "@nats-io/transport-node";
import type { HomeMesh } from "../../support/home-mesh.ts";
import {
  audit,
  recordedCalls,
  recordedMesh,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";
import { joinPlain } from "../../support/stores.ts";

/** A plain client, what it gets, and what the server refuses it. */
async function join(home: HomeMesh, name: string) {
  const nc = await joinPlain(home, name);
  const refused: string[] = [];
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error") refused.push(status.error.message);
    }
  })();
  return { nc, refused };
}

/** How many answers come to a question that the server lets through. */
async function answers(nc: NatsConnection, name: string, subject: string, body: string) {
  const inbox = createInbox(`_INBOX.${name}`);
  let came = 0;
  nc.subscribe(inbox, { callback: (error) => void (error === null && came++) });
  nc.publish(subject, body, { reply: inbox });
  await nc.flush();
  return () => came;
}

const questions: readonly (readonly [subject: string, body: string])[] = [
  [storeApi.batch(Store.records), '{"seq":1,"batch":10,"next_by_subj":"mesh.record.>"}'],
  [storeApi.last(Store.records, "mesh.record.scribe.sum"), ""],
  [storeApi.message(Store.records), '{"seq":1}'],
  ["mesh.js.CONSUMER.CREATE.MESH_RECORDS", '{"stream_name":"MESH_RECORDS","config":{}}'],
  ["mesh.js.STREAM.PURGE.MESH_RECORDS", ""],
  ["$JS.API.STREAM.PURGE.MESH_RECORDS", ""],
];

test("nobody but an auditor reads what was recorded, not even whose calls they were", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  for (const name of ["ops", "eve", "boss", "scribe", "mallory"]) {
    const { nc, refused } = await join(home, name);
    const came = await Promise.all(
      questions.map(([subject, body]) => answers(nc, name, subject, body)),
    );
    await eventually(`${name} is refused each`, () => refused.length >= questions.length);
    assert.deepEqual(
      came.map((count) => count()),
      questions.map(() => 0),
      name,
    );
    await nc.close();
  }
  const { nc, refused } = await join(home, "audrey");
  const read = await Promise.all(
    questions.slice(0, 3).map(([subject, body]) => answers(nc, "audrey", subject, body)),
  );
  await eventually("the auditor gets each", () => read.every((count) => count() > 0));
  assert.deepEqual(refused, []);
  await answers(nc, "audrey", "mesh.js.STREAM.PURGE.MESH_RECORDS", "");
  await eventually("but may change nothing", () => refused.length === 1);
  await nc.close();
});

test("nobody hears copies as they are made, an operator neither, who hears calls", async () => {
  await using home = await startRecorded();
  const mesh = await serveScribe(home);
  const { nc } = await join(home, "ops");
  const heard: string[] = [];
  nc.subscribe("mesh.>", { callback: (_error, { subject }) => void heard.push(subject) });
  await nc.flush();
  const before = mesh.metrics.records.total;
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "listen" });
  await eventually("both copies are stored", () => mesh.metrics.records.total >= before + 2);
  await nc.flush();
  assert.ok(heard.some((subject) => subject.startsWith("mesh.call.scribe.sum.")));
  assert.ok(!heard.some((subject) => subject.startsWith("mesh.record.")), heard.join());
  const others = await Promise.all(
    ["ops", "eve", "audrey", "boss"].map((name) => join(home, name)),
  );
  for (const { nc } of others) nc.subscribe("mesh.record.>", { callback: () => {} });
  for (const { refused } of others) {
    await eventually("who asks for copies is refused", () => refused.length === 1);
  }
  await Promise.all([nc, ...others.map((one) => one.nc)].map((one) => one.close()));
});

test("an agent writes copies of its own calls only, and cannot pass them off as another's", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const { nc, refused } = await join(home, "mallory");
  const facts = (about: object) => {
    const head = headers();
    const usual = { id: "forged", part: "call", is: "call", at: new Date().toISOString() };
    head.set("Mesh-Record", JSON.stringify({ ...usual, ...about }));
    return { headers: head };
  };
  const subject = "mesh.call.scribe.sum.any.boss";
  nc.publish("mesh.record.scribe.sum", '{"text":"forged"}', facts({ subject }));
  await eventually("that is refused", () => refused.length === 1);
  nc.publish("mesh.record.mallory.sum", '{"text":"forged"}', facts({ subject }));
  const forged = facts({ id: "hidden", subject });
  forged.headers.set("Nats-Subject", "mesh.record.scribe.sum");
  nc.publish("mesh.record.mallory.sum", '{"text":"forged"}', forged);
  nc.publish("mesh.record.mallory.steal", "junk", facts({ subject: "nonsense" }));
  nc.publish("mesh.record.mallory.steal", "junk");
  nc.publish("mesh.record.mallory.steal", "junk", facts({ id: "", part: "both" }));
  const own = "mesh.call.mallory.steal.any.boss";
  nc.publish("mesh.record.mallory.steal", '{"text":"own"}', facts({ id: "own", subject: own }));
  nc.publish("mesh.record.mallory.steal", "{}", facts({ id: "own", part: "answer", last: true }));
  await nc.flush();
  await using recordings = await audit(home);
  const [theirs] = await recordedCalls(recordings, { agent: "mallory" }, 1);
  assert.equal(theirs?.agent, "mallory");
  for await (const { agent, payload } of recordings.select()) {
    if (agent === "scribe") assert.doesNotMatch(Buffer.from(payload).toString(), /forged/);
  }
  await nc.close();
});

test("nobody but who applies mesh.yaml switches recording on", async () => {
  await using home = await startRecorded(recordedMesh(""));
  const mesh = await home.connect("scribe");
  await mesh.serve(scribe, scribing("scribe"));
  const { nc, refused } = await join(home, "ops");
  nc.publish("mesh.config.recording", '{"agents":["*"],"share":1}');
  await eventually("that is refused", () => refused.length === 1);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "not for you" });
  assert.equal(mesh.metrics.records.total, 0);
  await nc.close();
});

test("an auditor replays only where mesh.yaml lets it call", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "once" }, { id: "call-1" });
  await using recordings = await audit(home);
  await recordedCalls(recordings, { task: "call-1" }, 1);
  const run = async () => {
    const into = { agent: "helper" };
    for await (const _one of recordings.replay({ task: "call-1" }, { into, speed: "unpaced" }));
  };
  await assert.rejects(run(), (error) => isMeshError(error, MeshCode.PermissionDenied));
});

test("a mark that cannot be read is refused: it does not pass for none", async () => {
  await using home = await startRecorded();
  let ran = 0;
  const mesh = await home.connect("sandbox");
  await mesh.serve(sandbox, {
    ...scribing("sandbox"),
    sum: ({ text }) => {
      ran++;
      return { summary: text, by: "sandbox" };
    },
  });
  const { nc } = await join(home, "audrey");
  const head = headers();
  head.set("Mesh-Replay", "MESH_RECORDS:1; onwards");
  const answer = await nc.request("mesh.call.sandbox.sum.any.audrey", '{"text":"x"}', {
    headers: head,
    timeout: 5_000,
  });
  assert.equal(answer.headers?.get("Mesh-Error"), "malformed_header");
  assert.equal(ran, 0);
  await nc.close();
});
