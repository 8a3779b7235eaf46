import { readdir } from "node:fs/promises";
import { extname, join, parse } from "node:path";
import type { Source } from "./sources.ts";

/** A file that may be a document, or a folder that cannot be opened. */
export type Found =
  | { readonly is: "file"; readonly path: string }
  | { readonly is: "closed"; readonly path: string };

/** Walks the sources in the order of names, each file once; symbolic links are not followed. */
export async function* findDocuments(sources: readonly Source[]): AsyncIterable<Found> {
  const seen = new Set<string>();
  for (const source of sources) {
    for await (const found of walk(source)) {
      if (seen.has(found.path)) continue;
      seen.add(found.path);
      yield found;
    }
  }
}

async function* walk({ path, take }: Source): AsyncIterable<Found> {
  if (take === "one") yield { is: "file", path };
  else yield* walkFolder(path, take === "texts" ? isText : isDocumentation, take === "texts");
}

async function* walkFolder(
  folder: string,
  wanted: (path: string) => boolean,
  skipsPackages: boolean,
): AsyncIterable<Found> {
  const entries = await entriesOf(folder);
  if (entries === undefined) {
    yield { is: "closed", path: folder };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const skipped =
        entry.name.startsWith(".") || (skipsPackages && entry.name === "node_modules");
      if (!skipped) yield* walkFolder(path, wanted, skipsPackages);
    } else if (entry.isFile() && wanted(path)) {
      yield { is: "file", path };
    }
  }
}

async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch {
    // Not allowed, or gone since: the caller tells of it and goes on.
    return undefined;
  }
}

const textExtensions: ReadonlySet<string> = new Set([
  ".md",
  ".markdown",
  ".mdx",
  ".txt",
  ".text",
  ".rst",
  ".adoc",
]);

function isText(path: string): boolean {
  return textExtensions.has(extname(path).toLowerCase()) || /^readme$/i.test(parse(path).base);
}

const documentation =
  /(?:^|[\\/])readme(?:\.(?:md|markdown|txt))?$|[\\/](?:docs?|man)[\\/].*\.(?:md|markdown)$/i;

function isDocumentation(path: string): boolean {
  return documentation.test(path);
}
