import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { MeshCode, MeshError } from "@myelin/mesh";

/** A file or folder that documents are taken from. */
export interface Source {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /**
   * What of it is taken. `one`: the file itself. `texts`: every text file below it.
   * `packages`: README files, and Markdown in `docs` folders.
   */
  readonly take: "one" | "texts" | "packages";
}

/** The documentation of installed packages. */
export async function packagesSource(folder: string): Promise<Source> {
  return { path: await existing(folder), take: "packages" };
}

/** A file or a folder that a person named; throws `invalid_argument` when it is not there. */
export async function namedSource(path: string, base: string): Promise<Source> {
  const real = await existing(resolve(base, path));
  const kind = await stat(real);
  if (kind.isDirectory()) return { path: real, take: "texts" };
  if (kind.isFile()) return { path: real, take: "one" };
  throw new MeshError(MeshCode.InvalidArgument, `${path} is neither a file nor a folder`);
}

/** Whether a real path is a source, or below one. */
export function isWithin(path: string, sources: readonly Source[]): boolean {
  return sources.some((source) => {
    const way = relative(source.path, path);
    return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
  });
}

async function existing(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const detail = `there is no file or folder ${path}: name one that is there, or none for the documents of the installed packages`;
    throw new MeshError(MeshCode.InvalidArgument, detail, { cause });
  }
}
