import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually } from "@myelin/mesh/testing";
import type { HomeMesh } from "./home-mesh.ts";

/** A worker of `painter` in a process that a test may ill-treat. */
export interface PainterProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed, by lines. */
  readonly lines: readonly string[];
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<unknown>;
}

const program = fileURLToPath(new URL("./painter-process.ts", import.meta.url));

/** Starts one; resolves when it takes tasks, or has died of the first. Tasks that are painted slowly end once the file `gate` is there. */
export async function launchPainter(home: HomeMesh, gate: string): Promise<PainterProcess> {
  const { servers, credentials, tls } = home.access("painter");
  const child = spawn(
    process.execPath,
    [
      "--conditions=development",
      "--import",
      "tsx",
      program,
      servers,
      credentials,
      tls.caFile,
      gate,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  const lines: string[] = [];
  child.stdout.on("data", (bytes: Buffer) => {
    lines.push(...String(bytes).trim().split("\n"));
  });
  try {
    // A first task may be its end before it can say that it is ready.
    const isThere = (): boolean => lines.length > 0 || child.signalCode !== null;
    await eventually("the painter is there", isThere, { timeoutMs: 20_000 });
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    lines,
    signal: (name) => void child.kill(name),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
