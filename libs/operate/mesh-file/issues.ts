import type { z } from "zod";
import { meant } from "./nearest.ts";
import type { Path, Problem } from "./problem.ts";
import { keysAt } from "./shape.ts";
import type { Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** What zod found wrong, in the words of whoever wrote the file. */
export function problemsOf(issue: Issue, source: Source): Problem[] {
  const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => source.problem([...path, key], unknownKey(key, path), "key"));
    case "invalid_key":
      return [source.problem(path, issue.issues[0]?.message ?? issue.message, "key")];
    case "invalid_type":
      return [wrong(source, path, words[issue.expected] ?? issue.expected)];
    case "invalid_value":
      return [wrong(source, path, issue.values.map(String).join(" or "))];
    default:
      return [source.problem(path, `${issue.message}${gotText(valueAt(source.value, path))}`)];
  }
}

const words: Readonly<Record<string, string>> = {
  object: "a map",
  record: "a map",
  array: "a list",
  string: "text",
  boolean: "true or false",
  number: "a whole number",
  int: "a whole number",
};

function unknownKey(key: string, path: Path): string {
  const known = keysAt(path);
  return `there is no such key${meant(key, known) || `; allowed are ${known.join(", ")}`}`;
}

function wrong(source: Source, path: Path, expected: string): Problem {
  const value = valueAt(source.value, path);
  if (value === undefined) return source.problem(path, `is missing; it must be ${expected}`);
  const advice = expected === "text" && typeof value !== "object" ? "; put it in quotes" : "";
  return source.problem(path, `must be ${expected}, got ${shown(value)}${advice}`);
}

function gotText(value: unknown): string {
  return typeof value === "string" ? `, got ${shown(value)}` : "";
}

function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    value,
  );
}
