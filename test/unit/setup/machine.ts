import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Program } from "../../../setup/programs.mjs";
import { natsServer } from "../../../setup/programs.mjs";
import type { Machine } from "../../../setup/step.mjs";

/** A machine for a test: a temporary folder, a PATH of its own, and what was reported. */
export interface TestMachine extends Machine, AsyncDisposable {
  readonly folder: string;
  readonly bin: string;
  readonly env: Record<string, string | undefined>;
  readonly lines: string[];
}

/** Makes a machine on which nothing is installed but a shell. */
export async function emptyMachine(): Promise<TestMachine> {
  const folder = await mkdtemp(join(tmpdir(), "myelin-setup-"));
  const lines: string[] = [];
  const bin = join(folder, "bin");
  await mkdir(bin);
  return {
    folder,
    bin,
    lines,
    env: { PATH: bin },
    platform: "linux-amd64",
    cache: join(folder, "cache"),
    goModules: folder,
    aptSources: join(folder, "apt"),
    report: { line: (text) => void lines.push(text), during: (_what, work) => work(() => {}) },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Writes an executable shell script and answers with its path. */
export async function script(file: string, ...lines: string[]): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, ["#!/bin/sh", ...lines, ""].join("\n"));
  await chmod(file, 0o755);
  return file;
}

/** Writes a nats-server that does nothing but say its version. */
export function fakeServer(file: string, version: string): Promise<string> {
  return script(file, `echo "nats-server: v${version}"`);
}

/** The real program with parts replaced. */
export function program(changes: Partial<Program> = {}): Program {
  return { ...natsServer, ...changes };
}
