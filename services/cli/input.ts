import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { dayMs } from "@myelin/subjects";
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

/** What an option says, read by its rule; undefined where it was not given. */
export function ifGiven<T>(
  text: string | undefined,
  option: string,
  read: (text: string, option: string) => T,
): T | undefined {
  return text === undefined ? undefined : read(text, option);
}

/** A whole number from 1 up. */
export function wholeNumber(text: string, option: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw usage(`${option} must be a whole number from 1 up, got ${text}`);
}

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: dayMs };
const units = "ms, s, m, h or d";

/** A span of time such as `500ms`, `5s` or `2d`, in milliseconds; a bare number would be read as what is not meant. */
export function parseDuration(text: string, option: string): number {
  const ms = spanOf(text) ?? 0;
  if (ms > 0) return ms;
  throw usage(
    `${option} must be a time above 0 with its unit (${units}) such as 500ms, 5s or 2d, got ${text}`,
  );
}

/** Milliseconds; undefined for what is no number with a unit. */
function spanOf(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(number) * unitsMs[unit as keyof typeof unitsMs];
}

/** A moment: a date, in UTC unless it says another zone, as it is printed; or how long ago, such as 2h or 3d. */
export function parseMoment(text: string, option: string, now = new Date()): Date {
  const agoMs = spanOf(text);
  const at = agoMs === undefined ? dateOf(text) : new Date(now.getTime() - agoMs);
  if (at !== undefined && !Number.isNaN(at.getTime())) return at;
  throw usage(
    `${option} must be a time such as 2026-11-21T08:00 (UTC), or how long ago with its unit (${units}), such as 10m or 2d; got ${text}`,
  );
}

const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/i;

/** ISO 8601 alone: what else JavaScript takes for a date it reads by the machine's zone, and 31 February as March. */
function dateOf(text: string): Date | undefined {
  const [, day = "", time = "00:00", zone = "Z"] = iso.exec(text) ?? [];
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  return new Date(`${day}T${time}${zone.toUpperCase()}`);
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
