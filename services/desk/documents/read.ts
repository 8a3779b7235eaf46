import { open } from "node:fs/promises";
import { maxDocumentBytes } from "../contracts/limits.ts";
import { decode } from "./decode.ts";

/** A file as a document, or why it is none. */
export type Opened =
  | {
      readonly is: "document";
      readonly raw: string;
      readonly bytes: number;
      /** Whether it is longer than what was read of it. */
      readonly cut: boolean;
    }
  | { readonly is: "unreadable"; readonly why: string };

/** Reads a file, no more of it than a document may have. */
export async function openDocument(path: string): Promise<Opened> {
  let bytes: Buffer;
  let size: number;
  try {
    await using file = await open(path, "r");
    const stats = await file.stat();
    if (!stats.isFile()) return { is: "unreadable", why: "not a file" };
    size = stats.size;
    const room = Buffer.alloc(Math.min(size, maxDocumentBytes));
    const { bytesRead } = await file.read(room, 0, room.length, 0);
    bytes = room.subarray(0, bytesRead);
  } catch (error) {
    return { is: "unreadable", why: reason(error) };
  }
  const decoded = decode(bytes);
  if (decoded.is === "other") return { is: "unreadable", why: decoded.why };
  return { is: "document", raw: decoded.text, bytes: size, cut: size > bytes.length };
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "not allowed to read it",
  EPERM: "not allowed to read it",
  ENOENT: "it is not there any more",
  ELOOP: "too many symbolic links",
};

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? `it cannot be read (${code || String(error)})`;
}
