import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually, type TestMesh } from "@myelin/mesh/testing";

/** A side of the lab in a process that a test may ill-treat. */
export interface LabProcess extends AsyncDisposable {
  /** What it has printed. */
  readonly lines: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

type Role = "serve" | "tick" | "wait" | "hang";

const program = fileURLToPath(new URL("./lab-process.ts", import.meta.url));

/** Starts one; resolves when it has printed its first line. Gone, however it fares, when it is disposed of. */
export async function launchLab({ env }: Pick<TestMesh, "env">, role: Role): Promise<LabProcess> {
  const child = spawn(
    process.execPath,
    ["--conditions=development", "--import", "tsx", program, role],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } },
  );
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const lines: string[] = [];
  child.stdout.on("data", (bytes) => lines.push(...String(bytes).trim().split("\n")));
  await eventually(`the ${role} side is ready`, () => lines.length > 0, { timeoutMs: 20_000 });
  return {
    lines,
    ended,
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
