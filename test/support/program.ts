import { spawn } from "node:child_process";

/** A program in TypeScript as a process of its own, with the lines that it has written. */
export class Program implements AsyncDisposable {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #child;
  #out = "";

  constructor(
    path: string,
    env: Readonly<Record<string, string | undefined>>,
    args: readonly string[] = [],
  ) {
    const how = ["--conditions=development", "--import", "tsx", path, ...args];
    this.#child = spawn(process.execPath, how, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout.on("data", (chunk) => {
      this.#out += chunk;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", () => resolve());
    });
  }

  get lines(): readonly string[] {
    return this.#out.split("\n").slice(0, -1);
  }

  /** Signals the process. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
