import { readFile } from "node:fs/promises";
import { type Library, listLibrary } from "../documents/library.ts";
import { type Proof, prove } from "../proof/prove.ts";
import { readDigest } from "../proof/read-back.ts";
import { lastResult, readSummaries } from "../proof/stored.ts";
import type { Desk } from "./desk.ts";

/** What is to be proven, and where the traces of it are. */
export interface Claim {
  readonly run: string;
  /** The last result that was stored before the run. */
  readonly after: number;
  /** The documents that lie there, by path. */
  readonly documents: readonly string[];
  /** Documents of which the editor says that there is no summary. */
  readonly lost: number;
  /** The page of the digest. */
  readonly html: string;
}

type Place = Pick<Desk, "home" | "url">;

/** Gathers what is stored and what is written, each from its source, and compares. */
export async function gather(
  { run, after, documents, lost, html }: Claim,
  { home, url }: Place,
  signal: AbortSignal,
): Promise<Proof> {
  await using store = await home.enterStore(url);
  const stored = await readSummaries(store, { run, after, signal });
  return prove({ run, documents, lost, stored, digest: readDigest(await readFile(html, "utf8")) });
}

/** How many results there have been: later ones are of a run that begins now. */
export async function resultsSoFar({ home, url }: Place): Promise<number> {
  await using store = await home.enterStore(url);
  // Awaited here: the way in is closed when this function returns.
  return await lastResult(store);
}

/** The documents that lie there, found without the librarian's help. */
export async function documentsOf({
  sources,
  base,
  limit,
}: Library & { readonly limit: number }): Promise<readonly string[]> {
  const documents: string[] = [];
  for await (const found of listLibrary({ sources, base })) {
    if (documents.length === limit) break;
    if (found.is === "document") documents.push(found.path);
  }
  return documents;
}
