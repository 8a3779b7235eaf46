import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** Where `myelin` looks for a mesh that is up. */
function fileIn(folder: string): string {
  return join(folder, ".cache", "mesh.json");
}

/** Where a mesh is, and the folder with its identities. */
export interface Address {
  readonly url: string;
  readonly home: string;
}

/** Writes down where the mesh is, so that `myelin` finds it whatever its port. */
export async function leaveAddress(folder: string, { url, home }: Address): Promise<void> {
  const file = fileIn(folder);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(stateOf(folder, { url, home }))}\n`);
}

/** Takes the address away again, unless it is another mesh's by now. */
export async function removeAddress(folder: string, address: Address): Promise<void> {
  const file = fileIn(folder);
  try {
    const written: unknown = JSON.parse(await readFile(file, "utf8"));
    const own = stateOf(folder, address);
    if (JSON.stringify(written) === JSON.stringify(own)) await rm(file);
  } catch {
    // Gone already, or never written: there is nothing to take away.
  }
}

/** The home as a path from the folder: both may be moved together. */
function stateOf(folder: string, { url, home }: Address) {
  return { url, pid: process.pid, home: relative(folder, home) };
}
