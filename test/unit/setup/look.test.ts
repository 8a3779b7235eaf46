import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../../../setup/find.mjs";
import { SetupError, type StepFailed } from "../../../setup/step.mjs";
import { fromCache } from "../../../setup/steps/cache.mjs";
import { fromEnvironment } from "../../../setup/steps/environment.mjs";
import { fromPath } from "../../../setup/steps/path.mjs";
import { isOlder } from "../../../setup/version.mjs";
import { emptyMachine, fakeServer, program, script } from "./machine.ts";

test("a program named in the environment goes before one on PATH and in the cache", async () => {
  await using machine = await emptyMachine();
  const named = await fakeServer(join(machine.folder, "mine"), "2.12.0");
  await fakeServer(join(machine.bin, "nats-server"), "2.15.2");
  await fakeServer(join(machine.cache, "bin", "nats-server"), "2.15.2");
  machine.env.MYELIN_NATS_SERVER = named;
  assert.equal(await findProgram(program(), machine), named);
});

test("a program named in the environment that is not there is an error, not a detour", async () => {
  await using machine = await emptyMachine();
  await fakeServer(join(machine.bin, "nats-server"), "2.15.2");
  machine.env.MYELIN_NATS_SERVER = "/nowhere/nats-server";
  await assert.rejects(findProgram(program(), machine), {
    message: "MYELIN_NATS_SERVER names /nowhere/nats-server, which is not an executable file",
  });
});

test("a program named in the environment that is too old is an error that says so", async () => {
  await using machine = await emptyMachine();
  machine.env.MYELIN_NATS_SERVER = await fakeServer(join(machine.folder, "old"), "2.11.9");
  await assert.rejects(fromEnvironment.find(program(), machine), (error: Error) => {
    assert.ok(error instanceof SetupError);
    assert.match(error.message, /MYELIN_NATS_SERVER will not do: .* 2\.11\.9, older than 2\.12\.0/);
    return true;
  });
});

test("a program on PATH is used when it is new enough and passed over when it is not", async () => {
  await using machine = await emptyMachine();
  const file = await fakeServer(join(machine.bin, "nats-server"), "2.12.0");
  assert.equal(await fromPath.find(program(), machine), file);
  await fakeServer(file, "2.9.10");
  await assert.rejects(fromPath.find(program(), machine), /is version 2\.9\.10, older than 2\.12/);
});

test("another program of the same name is passed over", async () => {
  await using machine = await emptyMachine();
  await script(join(machine.bin, "nats-server"), "echo something else 9.9.9");
  await assert.rejects(fromPath.find(program(), machine), /does not say the version/);
});

test("a program that cannot run is passed over with its last words", async () => {
  await using machine = await emptyMachine();
  await script(join(machine.bin, "nats-server"), "echo no such library >&2", "exit 127");
  await assert.rejects(fromPath.find(program(), machine), /no such library/);
});

test("a file on PATH that may not be executed counts as none", async () => {
  await using machine = await emptyMachine();
  await writeFile(join(machine.bin, "nats-server"), "");
  await assert.rejects(fromPath.find(program(), machine), (error: StepFailed) => error.absent);
});

test("a program in the cache is used again", async () => {
  await using machine = await emptyMachine();
  const file = await fakeServer(join(machine.cache, "bin", "nats-server"), "2.15.2");
  assert.equal(await fromCache.find(program(), machine), file);
  assert.equal(await findProgram(program(), machine), file);
  assert.deepEqual(machine.lines, []);
});

test("versions are compared by number, place by place", () => {
  assert.equal(isOlder("2.9.0", "2.12.0"), true);
  assert.equal(isOlder("2.12.0", "2.12.0"), false);
  assert.equal(isOlder("3.0.0", "2.12.9"), false);
  assert.equal(isOlder("2.12.1", "2.12.2"), true);
});
