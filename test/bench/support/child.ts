import { type ChildProcess, fork } from "node:child_process";
import { basename, join } from "node:path";
import type { Answer } from "./answering.ts";
import { BenchError, type Setting } from "./bench.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: BenchError) => void;
}

/** A program of the bench in a process of its own, asked by IPC. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #asked = 0;

  constructor(setting: Setting, program: string) {
    this.#name = program;
    this.#process = fork(join(setting.programs, `${program}.js`), [], {
      execArgv: ["--expose-gc", "--enable-source-maps=false", ...profiling(program)],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#process.on("message", (answer: Answer) => this.#take(answer));
    this.#ended = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => {
        for (const { reject } of this.#waiting.values()) {
          reject(new BenchError(`${this.#name} ended with ${code ?? signal}`));
        }
        resolve();
      });
    });
  }

  /** The number of its process. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Asks it something; throws what it failed with. */
  ask<Value>(what: string, given?: unknown): Promise<Value> {
    const id = ++this.#asked;
    return new Promise<Value>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as Value), reject });
      this.#process.send({ id, what, given: given ?? null }, (error) => {
        if (error !== null) reject(new BenchError(`${this.#name}: ${error.message}`));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It exits by itself when its parent goes away, and so writes its profile.
    if (this.#process.connected) this.#process.disconnect();
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#ended;
    clearTimeout(late);
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (waiting === undefined) return;
    if ("failed" in answer) waiting.reject(new BenchError(`${this.#name}: ${answer.failed}`));
    else waiting.resolve(answer.value);
  }
}

/** With MYELIN_BENCH_PROFILE=<folder> every child writes a CPU profile there. */
function profiling(program: string): string[] {
  const folder = process.env.MYELIN_BENCH_PROFILE;
  if (folder === undefined) return [];
  const name = `${basename(program)}-${++profiles}.cpuprofile`;
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`];
}

let profiles = 0;
