import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Header, Store } from "@myelin/subjects";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painterMesh } from "../../support/painter.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

/** Submits a task that nobody takes, and tells what lies in the queue of it. */
async function queued(mesh: HomeMesh, ...options: readonly string[]) {
  const submit = ["tasks", "submit", "painter", "paint", '{"what":"a door"}', "--as", "boss"];
  const place = ["--contract", "1.2.0", "--home", join(mesh.cwd, "mesh")];
  const { exit, err } = await mesh.run(...submit, ...place, ...options);
  assert.equal(exit, 0, err);
  return inStore(mesh, async (jsm) => {
    const seq = (await jsm.streams.info(Store.tasks)).state.last_seq;
    const message = await jsm.streams.getMessage(Store.tasks, { seq });
    const header = (name: string) => message?.header.get(name);
    return {
      ...{ subject: message?.subject, body: message?.string(), id: header(Header.id) },
      ...{ key: header(Header.key), timeout: header(Header.timeout) },
    };
  });
}

test("tasks submit stores a task with the key, the class and the deadline that were typed", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const typed = ["--key", "wall-7", "--priority", "high", "--deadline", "90s"];
  assert.deepEqual(await queued(mesh, "--id", "t1", ...typed), {
    ...{ subject: "mesh.task.painter.paint.high.boss", body: '{"what":"a door"}', id: "t1" },
    ...{ key: "wall-7", timeout: "90000" },
  });
  // What nobody types is as usual: a day, and in no one's way.
  assert.deepEqual(await queued(mesh, "--id", "t2"), {
    ...{ subject: "mesh.task.painter.paint.normal.boss", body: '{"what":"a door"}', id: "t2" },
    ...{ key: "", timeout: "86400000" },
  });
});
