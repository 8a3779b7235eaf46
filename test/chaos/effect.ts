import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@myelin/mesh";

/** Notes a run, and leaves the effect of the work, single by its id: whoever comes second finds it there. */
export function effect(folder: string, id: string): void {
  appendFileSync(join(folder, "runs", String(process.pid)), `${id}\n`);
  try {
    writeFileSync(join(folder, "laid", id), String(process.pid), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Ends this process when whoever started it is gone, and cannot end it any more. */
export function endWithParent(): void {
  process.stdin.resume().on("end", () => process.exit(1));
}

/** Notes what the mesh complains of, for whoever has to find out what went wrong. */
export function complaints(folder: string): Logger {
  const note = (_facts: object, text = ""): void => {
    const line = `${new Date().toISOString()} ${text}\n`;
    appendFileSync(join(folder, "complaints", String(process.pid)), line);
  };
  return { debug: () => {}, info: () => {}, warn: note, error: note };
}
