import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { locked } from "../../../../libs/operate/home/lock.ts";
import { temporaryFolder } from "../../../support/folder.ts";

test("two programs cannot change a home at once, and the second is told so", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "lock");
  await locked(path, async () => {
    await assert.rejects(
      locked(path, async () => {}),
      (error) => isMeshError(error, MeshCode.Conflict) && /another program/.test(error.detail),
    );
  });
  assert.equal(existsSync(path), false);
  assert.equal(await locked(path, async () => "free again"), "free again");
});

test("work that fails frees the home", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "lock");
  await assert.rejects(
    locked(path, () => Promise.reject(new RangeError("no"))),
    RangeError,
  );
  assert.equal(existsSync(path), false);
});

test("the lock of a program that died is taken over", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "lock");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  writeFileSync(path, `${pid}`);
  assert.equal(await locked(path, async () => "mine"), "mine");
});
