import assert from "node:assert/strict";
import { test } from "node:test";
import { echo, startMesh } from "@myelin/mesh/testing";

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
