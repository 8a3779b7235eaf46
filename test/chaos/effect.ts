import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Notes a run, and leaves the effect of the work, single by its id: whoever comes second finds it there. */
export function effect(folder: string, id: string): void {
  appendFileSync(join(folder, "runs", String(process.pid)), `${id}\n`);
  try {
    writeFileSync(join(folder, "laid", id), String(process.pid), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
