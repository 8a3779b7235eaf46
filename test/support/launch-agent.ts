import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestMesh } from "@myelin/mesh/testing";

/** An instance of `echo` in a process that a test may ill-treat. */
export interface AgentProcess extends AsyncDisposable {
  readonly instance: string;
  /** What it has printed. */
  readonly lines: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

const program = fileURLToPath(new URL("./agent-process.ts", import.meta.url));

/** Starts one; resolves when it can be called. Gone, however it fares, when it is disposed of. */
export async function launchAgent({ env }: Pick<TestMesh, "env">): Promise<AgentProcess> {
  const child = spawn(process.execPath, ["--conditions=development", "--import", "tsx", program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
  const told = once(reader, "line").then(([line]) => String(line));
  const instance = await Promise.race([told, ended.then((code) => `ended with ${code}`)]);
  return {
    instance,
    lines,
    ended,
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
