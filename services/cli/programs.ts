import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./place.ts";
import type { Terminal } from "./terminal.ts";

const variables = { nats: "MYELIN_NATS_CLI", "nats-server": "MYELIN_NATS_SERVER" } as const;

const answerMs = 5_000;

/** Where a program of NATS is: as the environment says, on PATH, or where the setup keeps it. */
export function findProgram(
  name: keyof typeof variables,
  { env, cwd }: Pick<Terminal, "env" | "cwd">,
): string | undefined {
  const named = env[variables[name]];
  const onPath = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = [...onPath, join(cacheFolder(cwd), "bin")].map((folder) => join(folder, name));
  return [...(named ? [named] : []), ...places].find(mayRun);
}

/** What a program answers to `--version`; undefined when it cannot be run. */
export async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: answerMs });
    return /v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? stdout.trim();
  } catch {
    // Not a program for this machine: as good as absent.
    return undefined;
  }
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there: the next place is tried.
    return false;
  }
}
