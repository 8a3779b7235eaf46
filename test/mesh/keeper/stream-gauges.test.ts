import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamGauges } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { deadOffice, redriven } from "../../support/dead-office.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { serveBroughtBack } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("keeper shows how full streams are, and the dead letters that nobody has seen to", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await serveBroughtBack(home);
  const boss = await home.connect("boss");
  const fails = async (id: string): Promise<void> => {
    const task = await boss.client(painter).paint.submit({ what: "a door" }, { id });
    await assert.rejects(task.result(patience));
  };
  for (const id of ["back", "dropped", "open"]) await fails(id);
  await using office = await deadOffice(home);
  assert.equal((await redriven(office, { task: "back" }))[0]?.is, "redriven");
  for await (const { is } of office.drop({ task: "dropped" })) assert.equal(is, "dropped");
  await using keeper = await joinKeeper(home, {
    duties: { streams: (keeping) => new StreamGauges(keeping, 50) },
  });
  const shows = (line: string) =>
    eventually(line, async () => (await keeper.metrics.registry.metrics()).includes(`${line}\n`));
  await shows('mesh_dead_letters{kind="task",agent="painter"} 1');
  const text = await keeper.metrics.registry.metrics();
  assert.match(text, /mesh_stream_bytes\{stream="MESH_DEAD"\} [1-9]/);
  assert.match(text, /mesh_stream_max_bytes\{stream="MESH_TASKS"\} [1-9]/);
  await fails("another");
  await shows('mesh_dead_letters{kind="task",agent="painter"} 2');
  for await (const { is } of office.drop({})) assert.equal(is, "dropped");
  await eventually("none is left", async () => {
    return !(await keeper.metrics.registry.metrics()).includes("mesh_dead_letters{");
  });
});
