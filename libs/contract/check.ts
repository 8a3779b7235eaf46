import { z } from "zod";
import { type MeshCode, MeshError } from "../errors/index.ts";

/** Checks a value and answers what the schema makes of it; throws `code` with each problem and its place. */
export function check(
  schema: z.ZodType,
  value: unknown,
  code: typeof MeshCode.InvalidInput | typeof MeshCode.InvalidOutput,
  what: string,
): unknown {
  let result: z.ZodSafeParseResult<unknown>;
  try {
    result = schema.safeParse(value);
  } catch (error) {
    // What its own code threw may say what is nobody's business: it may go to the far side.
    const isAsynchronous = error instanceof z.core.$ZodAsyncError;
    const why = isAsynchronous
      ? "is asynchronous"
      : "threw an error, which is the cause of this one";
    throw new MeshError(code, `${what} cannot be checked: its schema ${why}`, { cause: error });
  }
  if (result.success) return result.data;
  throw new MeshError(code, `${what} does not fit its contract: ${problems(result.error)}`);
}

const mostProblems = 5;

function problems(error: z.ZodError): string {
  const lines = error.issues
    .slice(0, mostProblems)
    .map(
      (issue) => `${issue.path.length === 0 ? "value" : issue.path.join(".")}: ${issue.message}`,
    );
  const more = error.issues.length - lines.length;
  return lines.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/** The JSON Schema of what crosses the wire: what a caller sends, and what a handler returns. */
export function wireSchema(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}
