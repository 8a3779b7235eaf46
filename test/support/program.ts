import { spawn } from "node:child_process";

/** A program in TypeScript as a process of its own, which a test may ill-treat, with the lines that it has written. */
export class Program implements AsyncDisposable {
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child;
  #out = "";
  #isReady = false;

  constructor(
    path: string,
    env: Readonly<Record<string, string | undefined>>,
    args: readonly string[] = [],
  ) {
    const how = ["--conditions=development", "--import", "tsx", path, ...args];
    this.#child = spawn(process.execPath, how, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    this.#child.stdout?.on("data", (chunk) => {
      this.#out += chunk;
    });
    this.#child.on("message", (said: { readonly is?: unknown }) => {
      if (said.is === "ready") this.#isReady = true;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", resolve);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get lines(): readonly string[] {
    return this.#out.split("\n").slice(0, -1);
  }

  /** Whether it has written a line, or told who started it that it is ready. */
  get hasBegun(): boolean {
    return this.#isReady || this.lines.length > 0;
  }

  /** Whether it ended by itself, or of a signal. */
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
