import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { MeshCode, MeshError } from "../errors/index.ts";
import { eventually } from "./eventually.ts";
import type { ServerLog } from "./server-log.ts";

const readyWithinMs = 10_000;
const stopWithinMs = 2_000;

/** One run of nats-server, from its start to its end. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
  }

  /** Resolves when it takes connections. */
  static async start(
    binary: string,
    args: readonly string[],
    log: ServerLog,
  ): Promise<ServerProcess> {
    const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => log.append(chunk));
    const run = new ServerProcess(child);
    try {
      await run.#ready(binary, log);
      return run;
    } catch (error) {
      await run.end("SIGKILL");
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(name);
  }

  /** Stops it in its tracks; resolves when no thread of it runs, which takes a busy machine some milliseconds. */
  async freeze(): Promise<void> {
    this.signal("SIGSTOP");
    await eventually("the server stands still", () => !this.isRunning || isStopped(this.pid));
  }

  /** Ends it and waits for that; what does not end when asked is killed. */
  async end(how: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (!this.isRunning || this.pid === undefined) return;
    this.signal(how);
    // One that was paused acts on SIGTERM only when it goes on.
    this.signal("SIGCONT");
    const impatience = setTimeout(() => this.signal("SIGKILL"), stopWithinMs);
    await this.#exited;
    clearTimeout(impatience);
  }

  async #ready(binary: string, log: ServerLog): Promise<void> {
    const { promise, resolve, reject } = withResolvers();
    const fail = (why: string): void =>
      reject(new MeshError(MeshCode.Unavailable, `${binary}: ${why}\n${log.tail}`));
    const unhear = log.onLine((line) => {
      if (line.includes("Server is ready")) resolve();
    });
    const patience = setTimeout(() => fail(`not ready in ${readyWithinMs} ms`), readyWithinMs);
    this.#child.once("error", (error) => fail(error.message));
    // Not `exit`: the log may still be in the pipe then, and it says why.
    this.#child.once("close", (code) => fail(`ended with ${code} before it was ready`));
    try {
      await promise;
    } finally {
      clearTimeout(patience);
      unhear();
    }
  }
}

interface Resolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: MeshError) => void;
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers(): Resolvers {
  let resolve = (): void => {};
  let reject = (_reason: MeshError): void => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Whether every thread is stopped, as the kernel tells; where it does not tell, the signal has to do. */
function isStopped(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((id) =>
    /\) T /.test(readFileSync(`${tasks}/${id}/stat`, "utf8")),
  );
}
