import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { usage } from "./failure.ts";
import { faultIn } from "./json-fault.ts";
import type { Terminal } from "./terminal.ts";

const mostBytes = 64 * 1_048_576;

/** Reads a call's input: JSON as given, `@file`, `-` for standard input, or nothing for `{}`. */
export async function readInput(
  argument: string | undefined,
  terminal: Terminal,
): Promise<unknown> {
  if (argument === undefined) return {};
  if (argument === "-") return parseInput(await readAll(terminal.input), "standard input");
  if (!argument.startsWith("@")) return parseInput(argument, "the argument");
  const path = argument.slice(1);
  return parseInput(readFile(resolve(terminal.cwd, path), path), path);
}

/** Parses JSON; throws a usage error that shows the place. */
export function parseInput(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usage(`${what} is not JSON: ${place(text, faultIn(text))}`);
  }
}

/** A span of time such as `500`, `500ms`, `5s` or `2m`, in milliseconds. */
export function parseDuration(text: string, option: string): number {
  const [, number, unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit];
  const ms = Number(number) * (factor ?? Number.NaN);
  if (ms > 0) return ms;
  throw usage(`${option} must be a time above 0 such as 500ms, 5s or 2m, got ${text}`);
}

/** What is wrong at a place, and its line with a mark below the character. */
function place(text: string, at: number): string {
  const wrong = at < text.length ? `unexpected ${JSON.stringify(text[at])}` : "it ends too early";
  const before = text.slice(0, at).split("\n");
  const column = before.at(-1)?.length ?? 0;
  const line = text.split("\n")[before.length - 1] ?? "";
  const from = Math.max(0, column - 40);
  const shown = line.slice(from, from + 72);
  return `${wrong}, line ${before.length}, column ${column + 1}\n  ${shown}\n  ${" ".repeat(column - from)}^`;
}

function readFile(path: string, shown: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usage(`@${shown} cannot be read: ${reason}`);
  }
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw usage(`standard input is over ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
