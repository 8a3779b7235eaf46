import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { drainOnSignal } from "../../../libs/program/drain.ts";
import { eventually } from "../../../libs/testing/index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A real process that drains as told; its output tells how far it is. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  output = "";

  constructor(drain: string, options = "{}") {
    const code = `
      import { drainOnSignal } from "./libs/program.ts";
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      drainOnSignal(${drain}, ${options});
      setInterval(() => {}, 1_000);
      console.log("up");`;
    this.#child = spawn(
      process.execPath,
      ["--conditions=development", "--import", "tsx", "--input-type=module", "--eval", code],
      { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#closed = once(this.#child, "close");
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  async says(line: string): Promise<this> {
    await eventually(`the program says ${line}`, () => this.output.includes(line), {
      timeoutMs: 20_000,
    });
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exitCode(): Promise<number | null> {
    // Not `exit`: what it has said may still be in the pipe then.
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

test("SIGTERM drains the program and ends it with 0", async () => {
  await using program = new Program('async () => { await wait(50); console.log("drained"); }');
  await program.says("up");
  program.kill("SIGTERM");
  assert.equal(await program.exitCode(), 0);
  assert.match(program.output, /drained/);
});

test("a drain that fails ends the program with 1, and says why", async () => {
  await using program = new Program(
    'async () => { throw new RangeError("no way"); }',
    "{ onEnd: (error) => console.log(String(error)) }",
  );
  await program.says("up");
  program.kill("SIGINT");
  assert.equal(await program.exitCode(), 1);
  assert.match(program.output, /no way/);
});

test("a drain that takes too long ends the program with 1", async () => {
  await using program = new Program(
    "() => wait(60_000)",
    "{ timeoutMs: 50, onEnd: (error) => console.log(error.message) }",
  );
  await program.says("up");
  program.kill("SIGTERM");
  assert.equal(await program.exitCode(), 1);
  assert.match(program.output, /deadline_exceeded: draining took longer than 50 ms/);
});

test("a second signal ends the program at once, with that signal's code", async () => {
  await using program = new Program('() => { console.log("draining"); return wait(60_000); }');
  await program.says("up");
  program.kill("SIGTERM");
  await program.says("draining");
  program.kill("SIGINT");
  assert.equal(await program.exitCode(), 130);
});

test("a time that no timer can wait for is refused, and no signal is taken over", () => {
  const listeners = () => process.listenerCount("SIGTERM");
  const before = listeners();
  for (const timeoutMs of [Number.POSITIVE_INFINITY, Number.NaN, 2_147_483_648, -1]) {
    assert.throws(() => drainOnSignal(async () => {}, { timeoutMs }), {
      code: "invalid_argument",
      message: /drainOnSignal\.timeoutMs must be a number from 0 to 2147483647/,
    });
  }
  assert.equal(listeners(), before);
  drainOnSignal(async () => {}, { timeoutMs: 2_147_483_647 })[Symbol.dispose]();
  assert.equal(listeners(), before);
});
