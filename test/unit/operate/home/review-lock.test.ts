import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pid } from "node:process";
import { test } from "node:test";
import { locked, retake } from "../../../../libs/operate/home/lock.ts";
import { temporaryFolder } from "../../../support/folder.ts";

test("a lock that another program took over since it was looked at stays that program's", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "lock");
  writeFileSync(path, `${pid}`);
  assert.equal(retake(path), false);
  assert.equal(readFileSync(path, "utf8"), `${pid}`);
  assert.deepEqual(readdirSync(folder.path), ["lock"]);
});

test("a lock always tells who holds it, and leaves nothing else behind", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "lock");
  await locked(path, async () => {
    assert.equal(readFileSync(path, "utf8"), `${pid}`);
    assert.deepEqual(readdirSync(folder.path), ["lock"]);
  });
  assert.deepEqual(readdirSync(folder.path), []);
});
