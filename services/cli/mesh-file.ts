import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  appliedPolicy,
  changeLine,
  diffPolicies,
  type Home,
  newestVersion,
  type PolicyChange,
  readMeshFile,
} from "@myelin/mesh/operate";
import type { MeshPolicy } from "@myelin/subjects";
import { usage } from "./failure.ts";
import { type HomeContext, shown } from "./home.ts";

/** A mesh.yaml that was read: its text and what it says. */
export interface ReadMesh {
  readonly path: string;
  readonly text: string;
  readonly policy: MeshPolicy;
}

/** Reads the file that was named, else the home's own. */
export function readMesh(context: HomeContext, file: string | undefined): ReadMesh {
  const path =
    file === undefined ? join(context.folder, "mesh.yaml") : resolve(context.terminal.cwd, file);
  const text = textOf(path, shown(context, path));
  return { path, text, policy: readMeshFile(text, shown(context, path)) };
}

/** What it changes in what was applied last. */
export function changesBy(home: Home, policy: MeshPolicy): readonly PolicyChange[] {
  return diffPolicies(newestVersion(home) === 0 ? undefined : appliedPolicy(home), policy);
}

/** Prints changes as a person reads them. */
export function showChanges(
  { terminal, palette }: HomeContext,
  changes: readonly PolicyChange[],
): void {
  for (const change of changes) {
    const paint = change.sign === "+" ? palette.green : palette.red;
    terminal.out.write(`${paint(changeLine(change))}\n`);
  }
}

function textOf(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : error;
    throw usage(
      `${name} cannot be read: ${String(reason)}; name the file, or the home with --home`,
    );
  }
}
