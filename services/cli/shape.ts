import { z } from "zod";

/** A part of a schema from the wire: what is not as it should be counts as absent. */
const known = <T extends z.ZodType>(part: T) => part.optional().catch(undefined);
const list = known(z.array(z.unknown()));

/** The parts of a JSON Schema that a person wants to see at a glance. */
const jsonSchema = z.object({
  type: known(z.union([z.string(), z.array(z.string())])),
  properties: known(z.record(z.string(), z.unknown())),
  required: known(z.array(z.string())),
  items: z.unknown().optional(),
  enum: list,
  const: z.unknown().optional(),
  anyOf: list,
  oneOf: list,
  additionalProperties: z.unknown().optional(),
});

type Schema = z.output<typeof jsonSchema>;

const deepest = 6;

/** A JSON Schema as a short shape, such as `{ text: string, words?: number }`. */
export function shape(schema: unknown, depth = 0): string {
  const known = jsonSchema.safeParse(schema).data;
  if (known === undefined || depth > deepest) return "any";
  const inner = (part: unknown): string => shape(part, depth + 1);
  if (known.const !== undefined) return JSON.stringify(known.const);
  if (known.enum !== undefined) return known.enum.map((one) => JSON.stringify(one)).join(" | ");
  const choices = known.anyOf ?? known.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(inner))].join(" | ");
  if (typeof known.type === "object") return known.type.join(" | ");
  if (known.type === "array") return listOf(inner(known.items));
  if (known.type === "object" || known.properties !== undefined) return object(known, inner);
  return known.type === "integer" ? "number" : (known.type ?? "any");
}

/** An example that fits a JSON Schema, as far as its shape goes. */
export function example(schema: unknown, depth = 0): unknown {
  const known = jsonSchema.safeParse(schema).data;
  if (known === undefined || depth > deepest) return {};
  if (known.const !== undefined) return known.const;
  if (known.enum !== undefined) return known.enum[0];
  const choice = (known.anyOf ?? known.oneOf)?.[0];
  if (choice !== undefined) return example(choice, depth + 1);
  const type = typeof known.type === "object" ? known.type[0] : known.type;
  if (type === "array") return [];
  if (type === "object" || known.properties !== undefined) {
    const needed = (known.required ?? []).map((name) => [
      name,
      example(known.properties?.[name], depth + 1),
    ]);
    return Object.fromEntries(needed);
  }
  return { string: "…", number: 1, integer: 1, boolean: true, null: null }[type ?? ""] ?? {};
}

function object(schema: Schema, inner: (part: unknown) => string): string {
  const fields = Object.entries(schema.properties ?? {}).map(([name, part]) => {
    const optional = schema.required?.includes(name) === true ? "" : "?";
    return `${name}${optional}: ${inner(part)}`;
  });
  const others = schema.additionalProperties;
  if (typeof others === "object" && others !== null && Object.keys(others).length > 0) {
    fields.push(`[name]: ${inner(others)}`);
  }
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function listOf(item: string): string {
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}
