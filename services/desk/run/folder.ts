import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { MeshCode, MeshError } from "@myelin/mesh";

const results = ["digest.md", "digest.html", "run.json"];

/** Makes the folder ready: what an earlier run wrote must not pass for this one's. */
export async function prepareFolder(out: string): Promise<FileHandle> {
  try {
    await mkdir(out, { recursive: true });
    await Promise.all(results.map((name) => rm(join(out, name), { force: true })));
    return await open(join(out, "desk.log"), "w");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MeshError(MeshCode.InvalidArgument, `cannot write to ${out}: ${why}`, { cause });
  }
}
