import type { z } from "zod";
import { MeshCode, MeshError } from "../errors/index.ts";

/** Throws `invalid_argument` unless it is a zod schema that can answer at once. */
export function schema<Schema extends z.ZodType>(option: string, value: Schema): Schema {
  if (typeof value?.safeParse !== "function") {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${option} must be a zod schema, got ${typeof value}`,
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

/**
 * Whether a function somewhere in a schema is declared `async`: its promise would be left alone, and end the process
 * when it fails. One that only returns a promise does not show.
 */
function isAsynchronous(root: z.ZodType): boolean {
  const seen = new Set<object>();
  const left: unknown[] = [root];
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (typeof part === "function" && part.constructor.name === "AsyncFunction") return true;
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    left.push(...partsOf(part).filter((one) => one !== undefined));
  }
  return false;
}

/** Where zod keeps other schemas, checks, and functions of its author's. */
const places = [
  ...["in", "out", "innerType", "element", "items", "rest", "options", "left", "right"],
  ...["keyType", "valueType", "catchall", "checks", "fn", "transform", "tx"],
] as const;

/** What a schema or a check consists of. */
function partsOf(part: object): readonly unknown[] {
  if (Array.isArray(part)) return part;
  const { def, check } = (part as { readonly _zod?: Inner })._zod ?? {};
  if (def === undefined) return [check];
  return [check, ...Object.values(def["shape"] ?? {}), ...places.map((place) => def[place])];
}

interface Inner {
  readonly def?: Readonly<Record<string, unknown>>;
  readonly check?: unknown;
}
