import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file as the rules see it: its path from the root of the repository, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One thing that breaks a rule; a rule is a pure function from sources to these. */
export interface Breach {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

export const root = fileURLToPath(new URL("../../", import.meta.url));

const left = new Set(["node_modules", "dist", "out", ".cache"]);

/** Every TypeScript file below these folders. */
export function sourcesIn(...folders: readonly string[]): Source[] {
  return folders
    .flatMap((folder) => filesIn(folder).filter((path) => path.endsWith(".ts")))
    .map((path) => ({ path, text: textOf(path) }));
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function foldersIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !left.has(entry.name))
    .map((entry) => entry.name);
}

/** Breaches as lines that an editor can jump to. */
export function shown(breaches: readonly Breach[]): string {
  return breaches.map(({ path, line, what }) => `${path}:${line} ${what}`).join("\n");
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (left.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}
