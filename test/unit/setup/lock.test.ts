import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withLock } from "../../../setup/lock.mjs";
import { emptyMachine } from "./machine.ts";

test("two setups in one folder work one after the other", async () => {
  await using machine = await emptyMachine();
  const file = join(machine.cache, "lock");
  const log: string[] = [];
  const setup = (name: string) =>
    withLock(file, machine.report, async () => {
      log.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} out`);
    });
  await Promise.all([setup("a"), setup("b")]);
  const [first, second] = log[0] === "a in" ? ["a", "b"] : ["b", "a"];
  assert.deepEqual(log, [`${first} in`, `${first} out`, `${second} in`, `${second} out`]);
});

test("the lock of a setup that was killed blocks nobody", async () => {
  await using machine = await emptyMachine();
  const file = join(machine.cache, "lock");
  const gone = spawnSync("true").pid;
  await mkdir(machine.cache);
  await writeFile(file, String(gone));
  assert.equal(await withLock(file, machine.report, async () => "done"), "done");
});

test("a setup that fails leaves no lock", async () => {
  await using machine = await emptyMachine();
  const file = join(machine.cache, "lock");
  await assert.rejects(withLock(file, machine.report, () => Promise.reject(new Error("no"))));
  await assert.rejects(access(file));
});
