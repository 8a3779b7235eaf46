import type { z } from "zod";
import { MeshCode, MeshError } from "../errors/index.ts";

/** Throws `invalid_argument` unless it is a schema of zod 4 that can answer at once. */
export function schema<Schema extends z.ZodType>(option: string, value: Schema): Schema {
  if (typeof value?.safeParse !== "function" || value._zod === undefined) {
    const came = typeof value?.safeParse === "function" ? "one of another version" : typeof value;
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${option} must be a schema of zod 4, got ${came}`,
    );
  }
  if (isAsynchronous(value)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${option} has an asynchronous check; a contract is checked at once, so do what waits in the handler`,
    );
  }
  return value;
}

/** The same for what crosses the wire as JSON: throws also where JSON has no such value. */
export function jsonSchema<Schema extends z.ZodType>(option: string, value: Schema): Schema {
  for (const { part, path } of partsOf(schema(option, value), onWire)) {
    const type = typeNotInJson(part);
    if (type === undefined) continue;
    const where = path === "" ? "" : ` at ${path}`;
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${option} has a ${type}${where}, which JSON cannot carry; ${instead[type]}`,
    );
  }
  return value;
}

/** What has no form of its own in JSON, and what does instead. */
const instead = {
  date: "z.coerce.date() makes one of the text that comes, z.iso.datetime() leaves it text",
  bigint: "z.string() with its digits does",
  map: "z.record() does",
  set: "z.array() does",
  symbol: "z.enum() does",
} as const;

function typeNotInJson(part: unknown): keyof typeof instead | undefined {
  const { type, coerce } = defOf(part) ?? {};
  const isLost = typeof type === "string" && Object.hasOwn(instead, type) && coerce !== true;
  return isLost ? (type as keyof typeof instead) : undefined;
}

/**
 * Whether a function somewhere in a schema is declared `async`: its promise would be left alone, and end the process
 * when it fails. One that only returns a promise does not show.
 */
function isAsynchronous(root: z.ZodType): boolean {
  for (const { part } of partsOf(root, everywhere)) {
    if (typeof part === "function" && part.constructor.name === "AsyncFunction") return true;
  }
  return false;
}

/** Where zod keeps other schemas: those of what crosses the wire, and of a pipe its beginning alone. */
const onWire = [
  ...["in", "innerType", "element", "items", "rest", "options", "left", "right"],
  ...["keyType", "valueType", "catchall"],
] as const;
/** What a pipe ends in, checks, and functions of its author's as well. */
const everywhere = [...onWire, "out", "checks", "fn", "transform", "tx"] as const;

/** A schema and what it consists of, each part once, with the fields that lead to it: `due.at`. */
function* partsOf(root: z.ZodType, places: readonly string[]): Generator<Part, void> {
  const seen = new Set<unknown>([undefined]);
  const left: Part[] = [{ part: root, path: "" }];
  for (let one = left.shift(); one !== undefined; one = left.shift()) {
    const { part, path } = one;
    if (seen.has(part)) continue;
    seen.add(part);
    yield one;
    const def = defOf(part) ?? {};
    const shape = Object.entries(def["shape"] ?? {});
    left.push(
      ...(Array.isArray(part) ? part : [checkOf(part)]).map((inner) => ({ part: inner, path })),
      ...shape.map(([name, field]) => ({ part: field, path: path ? `${path}.${name}` : name })),
      ...places.map((place) => ({ part: def[place], path })),
    );
  }
}

interface Part {
  readonly part: unknown;
  readonly path: string;
}

interface Inner {
  readonly _zod?: { readonly def?: Readonly<Record<string, unknown>>; readonly check?: unknown };
}

function defOf(part: unknown): Readonly<Record<string, unknown>> | undefined {
  return (part as Inner | null | undefined)?._zod?.def;
}

function checkOf(part: unknown): unknown {
  return (part as Inner | null | undefined)?._zod?.check;
}
