import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { launch } from "../../../setup/launch.mjs";

test("the exit code of the program is the exit code of the command", async () => {
  assert.equal(await launch(["-e", "process.exit(7)"], process.env), 7);
});

test("a program that a signal ended gives 128 and the signal's number", async () => {
  assert.equal(await launch(["-e", "process.kill(process.pid, 'SIGKILL')"], process.env), 137);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} reaches the program, which ends in its own way`, async () => {
    const program = `process.on("${signal}", () => process.exit(9)); setInterval(() => {}, 1e6); console.log("up");`;
    const module = new URL("../../../setup/launch.mjs", import.meta.url).href;
    const command = `import { launch } from ${JSON.stringify(module)};
      process.exitCode = await launch(["-e", ${JSON.stringify(program)}], process.env);`;
    const args = ["--input-type=module", "-e", command];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill(signal);
    const [code] = await once(child, "exit");
    assert.equal(code, 9);
  });
}
