import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { eventually, type TestMesh } from "@myelin/mesh/testing";
import type { HomeMesh } from "./home-mesh.ts";
import { Program } from "./program.ts";

/** Starts a program of this folder; resolves when it has begun. Gone, however it fares, when it is disposed of. */
async function launch(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  ...args: readonly string[]
): Promise<Program> {
  const program = new Program(fileURLToPath(new URL(path, import.meta.url)), env, args);
  try {
    await eventually(`${path} has begun`, () => program.hasBegun || program.hasEnded, {
      timeoutMs: 60_000,
    });
    // A first task may kill it before it can say that it is ready.
    if (!program.hasBegun) assert.equal(await program.ended, null, `${path} has ended by itself`);
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** An instance of `echo`; it can be called. */
export async function launchAgent({
  env,
}: Pick<TestMesh, "env">): Promise<Program & { readonly instance: string }> {
  const program = await launch("agent-process.ts", env);
  return Object.assign(program, { instance: program.lines[0] ?? "" });
}

/** A side of the lab. */
export function launchLab(
  { env }: Pick<TestMesh, "env">,
  role: "serve" | "tick" | "wait" | "hang",
): Promise<Program> {
  return launch("lab-process.ts", env, role);
}

/** A worker of `painter`, or what its first task has left of it. Tasks that are painted slowly end once the file `gate` is there. */
export function launchPainter(home: HomeMesh, gate: string): Promise<Program> {
  const { servers, credentials, tls } = home.access("painter");
  return launch("painter-process.ts", {}, servers, credentials, tls.caFile, gate);
}

/** A keeper; it has joined. */
export function launchKeeper(home: HomeMesh): Promise<Program> {
  const { servers, credentials, tls } = home.access("keeper");
  return launch("../../services/keeper/main.ts", {
    MYELIN_URL: servers,
    MYELIN_CREDS: credentials,
    MYELIN_CA: tls.caFile,
  });
}
