import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { chooseTests } from "../../../setup/tests.mjs";
import { emptyMachine, type TestMachine } from "./machine.ts";

test("without arguments every test file is chosen, and nothing else", async () => {
  await using machine = await emptyMachine();
  await write(machine, "test/unit/a.test.ts", "test/mesh/deep/b.test.ts", "test/support/kit.ts");
  await write(machine, "test/node_modules/x/c.test.ts", "libs/d.test.ts");
  const { files } = await chooseTests(machine.folder, []);
  assert.deepEqual(files, ["test/mesh/deep/b.test.ts", "test/unit/a.test.ts"]);
});

test("arguments name files and folders, options go on to the runner", async () => {
  await using machine = await emptyMachine();
  await write(machine, "test/unit/a.test.ts", "test/unit-more/b.test.ts", "test/mesh/c.test.ts");
  const args = ["test/unit", "test/mesh/c.test.ts", "--test-name-pattern=x"];
  assert.deepEqual(await chooseTests(machine.folder, args), {
    files: ["test/mesh/c.test.ts", "test/unit/a.test.ts"],
    options: ["--test-name-pattern=x"],
  });
});

test("a folder without tests is refused, so that it cannot pass for success", async () => {
  await using machine = await emptyMachine();
  await assert.rejects(chooseTests(machine.folder, []), /there is no test file/);
  await write(machine, "test/unit/a.test.ts", "test/empty/kit.ts");
  await assert.rejects(chooseTests(machine.folder, ["test/unit", "test/empty"]), {
    message: "no test file (test/**/*.test.ts) is at test/empty",
  });
});

async function write(machine: TestMachine, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(machine.folder, path)), { recursive: true });
    await writeFile(join(machine.folder, path), "");
  }
}
