import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Where `myelin` looks for a mesh that is up. */
function fileIn(folder: string): string {
  return join(folder, ".cache", "mesh.json");
}

/** Writes down where the mesh is, so that `myelin` finds it whatever its port. */
export async function leaveAddress(folder: string, url: string): Promise<void> {
  const file = fileIn(folder);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ url, pid: process.pid })}\n`);
}

/** Takes the address away again, unless it is another mesh's by now. */
export async function removeAddress(folder: string, url: string): Promise<void> {
  const file = fileIn(folder);
  try {
    if (await names(file, url)) await rm(file);
  } catch {
    // Gone already, or never written: there is nothing to take away.
  }
}

async function names(file: string, url: string): Promise<boolean> {
  const address: unknown = JSON.parse(await readFile(file, "utf8"));
  return JSON.stringify(address) === JSON.stringify({ url, pid: process.pid });
}
