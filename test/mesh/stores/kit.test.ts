import assert from "node:assert/strict";
import { test } from "node:test";
import { startMesh } from "@myelin/mesh/testing";
import { storeApi, stores } from "@myelin/subjects";
import { dial, patient } from "../../support/dial.ts";

const policy = `version: 1
workspaces:
  desk:
    guests: true
    agents:
      worker: { skills: [do], publishes: [work.done] }
      boss: { follows: { diary: { from: beginning, events: [worker.*] } } }
    roles:
      operator: { members: [ops] }
`;

test("a mesh under test has its streams, its agents' consumers, and a guest's when it takes tasks", async () => {
  await using mesh = await startMesh({ jetstream: true, policy });
  await mesh.takesTasks("joe");
  const nc = await dial(await mesh.options("ops"));
  const ask = async (subject: string) => (await nc.request(subject, "", patient)).json<Listed>();
  const { streams = [] } = await ask(storeApi.streamNames);
  const tasks = await ask(storeApi.consumerNames("MESH_TASKS"));
  const events = await ask(storeApi.consumerNames("MESH_EVENTS"));
  await nc.close();
  assert.deepEqual(streams.toSorted(), stores.map(({ name }) => `${name}`).toSorted());
  assert.deepEqual(tasks.consumers?.toSorted(), [
    "joe-high",
    "joe-normal",
    "worker-high",
    "worker-normal",
  ]);
  assert.deepEqual(events.consumers, ["boss=diary"]);
});

interface Listed {
  readonly streams?: readonly string[];
  readonly consumers?: readonly string[];
}
