import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../services/cli/bin/myelin.mjs", import.meta.url));

/** Where a process of the command line runs. */
export interface ProcessOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The command line as a process, with a process group of its own. */
export class MyelinProcess {
  out = "";
  err = "";
  readonly exit: Promise<number | null>;
  readonly #child;

  constructor(args: readonly string[], { cwd, env }: ProcessOptions) {
    this.#child = spawn(process.execPath, [bin, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child.stdout.on("data", (chunk) => {
      this.out += chunk;
    });
    this.#child.stderr.on("data", (chunk) => {
      this.err += chunk;
    });
    this.exit = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", resolve);
    });
  }

  /** Signals the launcher alone, as `kill` does. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Signals every process of the group, as a terminal does. */
  killGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }
}
