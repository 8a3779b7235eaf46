import { z } from "zod";
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
  const [lost] = notInJson(schema(option, value));
  if (lost === undefined) return value;
  const where = lost.path === "" ? "" : ` at ${lost.path}`;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} has a ${lost.type}${where}, which JSON cannot carry; ${instead[lost.type]}`,
  );
}

/** What has no form of its own in JSON, and what does instead. */
const instead = {
  date: "z.coerce.date() makes one of the text that comes, z.iso.datetime() leaves it text",
  bigint: "z.string() with its digits does",
  map: "z.record() does",
  set: "z.array() does",
  symbol: "z.enum() does",
} as const;

/** The parts of a schema whose values do not survive JSON, on the side that crosses the wire. */
function notInJson(root: z.ZodType): { readonly type: keyof typeof instead; path: string }[] {
  const found = new Map<string, keyof typeof instead>();
  z.toJSONSchema(root, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, path }) => {
      const { def } = zodSchema._zod;
      const place = JSON.stringify(path);
      if (def.type in instead && !("coerce" in def && def.coerce === true)) {
        found.set(place, def.type as keyof typeof instead);
      }
      // A function comes first (`z.preprocess`), and takes what JSON has.
      if (def.type === "pipe" && def.in._zod.def.type === "transform") {
        for (const known of found.keys()) {
          if (known.startsWith(place.slice(0, -1))) found.delete(known);
        }
      }
    },
  });
  return [...found].map(([place, type]) => ({ type, path: pathOf(place) }));
}

/** `["properties","due"]` as the author knows it: `due`. */
function pathOf(place: string): string {
  const steps = JSON.parse(place) as readonly (string | number)[];
  return steps.filter((step) => step !== "properties").join(".");
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
