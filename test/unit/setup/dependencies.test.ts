import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { areInstalled, ensureDependencies } from "../../../setup/dependencies.mjs";
import { emptyMachine, type TestMachine } from "./machine.ts";

const locked = {
  "": { name: "root" },
  libs: { name: "workspace" },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/elsewhere": { version: "1.0.0", integrity: "sha512-e", optional: true },
};
const installed = { "node_modules/a": locked["node_modules/a"] };

test("packages are installed when npm's account holds what the lock file wants", async () => {
  await using machine = await emptyMachine();
  await writeLocks(machine, locked, installed);
  assert.equal(await areInstalled(machine.folder), true);
});

test("packages are not installed when npm wrote no account or another one", async () => {
  await using machine = await emptyMachine();
  await writeLocks(machine, locked);
  assert.equal(await areInstalled(machine.folder), false);
  const others = [
    {},
    { "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } },
    { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } },
  ];
  for (const other of others) {
    await writeLocks(machine, locked, other);
    assert.equal(await areInstalled(machine.folder), false);
  }
});

test("npm is run only when packages are missing, and runs no install scripts", async () => {
  await using machine = await emptyMachine();
  await writeLocks(machine, locked, installed);
  await fakeNpm(machine);
  await ensureDependencies(workspace(machine));
  await assert.rejects(readFile(join(machine.folder, "ran"), "utf8"), { code: "ENOENT" });
  await writeLocks(machine, { ...locked, "node_modules/b": { version: "2.0.0" } }, installed);
  await ensureDependencies(workspace(machine));
  assert.match(await readFile(join(machine.folder, "ran"), "utf8"), / ci --ignore-scripts/);
});

test("a registry that cannot be reached is the reason, and npm's own cache is tried", async () => {
  await using machine = await emptyMachine();
  await writeLocks(machine, locked);
  await fakeNpm(machine, "npm error code E\nnpm error request failed, reason: no route\n");
  await assert.rejects(ensureDependencies(workspace(machine)), {
    message: /^the packages could not be installed: request failed, reason: no route\n/,
  });
  assert.match(await readFile(join(machine.folder, "ran"), "utf8"), / --offline\n/);
});

test("a mirror that refuses the ping is taken for reachable", async () => {
  await using machine = await emptyMachine();
  await writeLocks(machine, locked);
  await fakeNpm(machine, "npm error code E404\nnpm error 404 Not Found - GET ping\n");
  await assert.rejects(ensureDependencies(workspace(machine)));
  assert.doesNotMatch(await readFile(join(machine.folder, "ran"), "utf8"), /--offline/);
});

function workspace({ folder, cache, env, report }: TestMachine) {
  return { root: folder, cache, env, report };
}

async function writeLocks(machine: TestMachine, wanted: object, there?: object): Promise<void> {
  const write = (file: string, packages: object) =>
    writeFile(join(machine.folder, file), JSON.stringify({ packages }));
  await mkdir(join(machine.folder, "node_modules"), { recursive: true });
  await write("package-lock.json", wanted);
  if (there !== undefined) await write("node_modules/.package-lock.json", there);
}

/** An npm that writes down how it was run; with a complaint, it fails with that. */
async function fakeNpm(machine: TestMachine, complaint = ""): Promise<void> {
  const file = join(machine.folder, "npm-cli.js");
  const record = join(machine.folder, "ran");
  await writeFile(
    file,
    `require("node:fs").appendFileSync(${JSON.stringify(record)}, " " + process.argv.slice(2).join(" ") + "\\n");
    process.stderr.write(${JSON.stringify(complaint)});
    process.exit(${complaint === "" ? 0 : 1});`,
  );
  machine.env.npm_execpath = file;
}
