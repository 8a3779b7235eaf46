import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { idsOfTasks, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

const many = 20_000;
const atOnce = 500;

test("20,000 tasks for later wait at once, outlive keeper and the broker, and come once each", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  const keeper = await joinKeeper(home);
  const at = new Date(Date.now() + 20_000);
  for (let from = 0; from < many; from += atOnce) {
    await Promise.all(
      Array.from({ length: atOnce }, (_, n) =>
        paint.submit({ what: "a picture" }, { id: `p-${from + n}`, at }),
      ),
    );
  }
  await soon("keeper has taken all", async () => {
    const { later, schedules, tasks } = await counts(home);
    return later === 0 && schedules + tasks >= many;
  });
  await home.server.restart();
  await soon("some are released", async () => (await counts(home)).tasks > 100);
  await keeper.close();
  await using _next = await joinKeeper(home);
  await using _other = await joinKeeper(home);
  await soon("all are released", async () => (await counts(home)).schedules === 0);
  const ids = await inStore(home, idsOfTasks);
  assert.deepEqual([ids.length, new Set(ids).size], [many, many]);
});

function counts(home: HomeMesh) {
  return inStore(home, async (jsm) => {
    const count = async (stream: string): Promise<number> =>
      (await jsm.streams.info(stream)).state.messages;
    return {
      later: await count(Store.later),
      schedules: await count(Store.schedules),
      tasks: await count(Store.tasks),
    };
  });
}
