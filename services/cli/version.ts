import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The version of this command line. */
export function ownVersion(): string {
  return versionAbove(dirname(fileURLToPath(import.meta.url)), "myelin");
}

/** The version of the library that it runs on. */
export function libraryVersion(): string {
  const main = createRequire(import.meta.url).resolve("@myelin/mesh");
  return versionAbove(dirname(main), "@myelin/mesh");
}

/** Reads the version of a package from the nearest manifest that bears its name. */
function versionAbove(start: string, name: string): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (manifest.name === name) return String(manifest.version);
    } catch {
      // No manifest in this folder: the one above is tried.
    }
  }
  return "unknown";
}
