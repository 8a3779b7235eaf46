import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@myelin/mesh";
import { noted } from "./runs.ts";

/** Longer than a moment: who is killed or stopped shall be in the middle of something. */
const workMs = 20;

/** Does the work of a message, and leaves its effect: a line in a file with its id, each time that it is made. */
export function effect(folder: string, id: string): Promise<void> {
  return noted(folder, id, async () => {
    await new Promise((resolve) => setTimeout(resolve, workMs));
    appendFileSync(join(folder, "laid", id), `${process.pid}\n`);
  });
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
