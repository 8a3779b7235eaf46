import { realpath } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import type { Document, Finding } from "../contracts/librarian.ts";
import { findDocuments } from "./find.ts";
import { prose } from "./prose.ts";
import { openDocument } from "./read.ts";
import { isWithin, type Source } from "./sources.ts";

/** What the librarian looks after. */
export interface Library {
  readonly sources: readonly Source[];
  /** The folder that paths are told relative to. */
  readonly base: string;
}

/** Names every document, and every file that is skipped with its reason. */
export async function* listLibrary(library: Library): AsyncIterable<Finding> {
  for await (const found of findDocuments(library.sources)) {
    const path = relative(library.base, found.path);
    if (found.is === "closed") {
      yield { is: "skipped", path, why: "the folder cannot be opened" };
      continue;
    }
    const opened = await openDocument(found.path);
    if (opened.is === "document") yield { is: "document", path, bytes: opened.bytes };
    else yield { is: "skipped", path, why: opened.why };
  }
}

/** A document of the library as text, or why it cannot be had. */
export async function readFromLibrary(
  library: Library,
  path: string,
): Promise<
  | { readonly is: "document"; readonly document: Document }
  | { readonly is: "unreadable"; readonly why: string }
> {
  const real = await realPath(resolve(library.base, path));
  if (real === undefined) return { is: "unreadable", why: "it is not there" };
  // Whoever may call the librarian may read what lies on the desk, and no other file of the machine.
  if (!isWithin(real, library.sources)) return { is: "unreadable", why: "it is not on the desk" };
  const opened = await openDocument(real);
  if (opened.is === "unreadable") return opened;
  const { title, text } = prose(opened.raw);
  return {
    is: "document",
    document: { path, title: title || nameOf(real), text, bytes: opened.bytes, cut: opened.cut },
  };
}

/** What a file without a heading is called: a README after its folder. */
function nameOf(path: string): string {
  return /^readme\b/i.test(basename(path)) ? basename(dirname(path)) : basename(path);
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    // Absent and hidden are the same answer.
    return undefined;
  }
}
