import type { z } from "zod";

/** What JSON from elsewhere says; undefined where it is none, or not what the schema takes. */
export function readJson<T>(json: string | Uint8Array, schema: z.ZodType<T>): T | undefined {
  return schema.safeParse(jsonValue(json)).data;
}

/** The same before any schema has judged it: undefined, which no schema of ours takes, where it is no JSON. */
export function jsonValue(json: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof json === "string" ? json : Buffer.from(json).toString("utf8"));
  } catch {
    return undefined;
  }
}
