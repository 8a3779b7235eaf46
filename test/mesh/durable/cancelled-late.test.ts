import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@myelin/mesh/testing";
import { MeshError } from "../../../libs/errors/index.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { launchPainter } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

test("tasks that are given up as the order to cancel them comes are either, with a letter or without", async () => {
  using folder = temporaryFolder();
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 1_000 });
  await using first = await launchPainter(home, join(folder.path, "gate"));
  const { paint } = (await home.connect("boss")).client(painter);
  const ids = Array.from({ length: 2 }, (_, at) => `t${at}`);
  const tasks = await Promise.all(ids.map((id) => paint.submit({ what: "slowly" }, { id })));
  await eventually("all have begun", () =>
    ids.every((id) => first.lines.includes(`begun ${id} 1`)),
  );
  first.signal("SIGKILL");
  await first.ended;
  await Promise.all(tasks.map((task) => task.cancel()));
  // Orders and tasks come to the next worker together, and to it the tasks' attempts are spent.
  await sleep(1_200);
  await servePainter(home, () => assert.fail("it was begun"), { tasks: { attempts: 1 } });
  const ended = tasks.map(async (task): Promise<string> => {
    const error = await task.result({ timeoutMs: 20_000 }).catch(MeshError.from);
    return `${task.id} ${error instanceof MeshError ? error.code : "done"}`;
  });
  const results = await Promise.all(ended);
  const letters = await deadLetters(home);
  const buried = ids.filter((id) => letters.some(({ subject }) => subject.includes(`.${id}.`)));
  assert.deepEqual(
    results,
    ids.map((id) => `${id} ${buried.includes(id) ? "unknown_outcome" : "cancelled"}`),
  );
});
