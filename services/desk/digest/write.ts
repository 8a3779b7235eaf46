import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "./digest.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";

/** Where a digest was written. */
export interface Written {
  readonly markdown: string;
  readonly html: string;
}

/** Writes the digest in both formats; a reader finds the old files or the new ones, whole. */
export async function writeDigest(digest: Digest, out: string): Promise<Written> {
  await mkdir(out, { recursive: true });
  return {
    markdown: await replace(join(out, "digest.md"), toMarkdown(digest)),
    html: await replace(join(out, "digest.html"), toHtml(digest)),
  };
}

async function replace(path: string, content: string): Promise<string> {
  // An attempt that was taken for dead may still be writing its own.
  const beside = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(beside, content);
  await rename(beside, path);
  return path;
}
