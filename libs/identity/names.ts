import { isToken, tokenRule } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";

/** The name of the account that watches over the servers; the only one that is no token. */
export const systemAccountName = "SYS";

// The server matches tags as they are, and puts them into permissions: no dot, no wildcard, no capital.
const tagPattern = /^[a-z0-9][a-z0-9_-]{0,62}(:[a-z0-9][a-z0-9_-]{0,62})?$/;

/** Throws `invalid_name` for a name that a permission template would turn into more than one token. */
export function checkName(what: string, name: string): string {
  if (typeof name === "string" && isToken(name)) return name;
  throw new MeshError(
    MeshCode.InvalidName,
    `${what} must be ${tokenRule}, got ${quoted(name)}; rename it`,
  );
}

/** Throws `invalid_name` for an account's name that is neither a token nor the system account's. */
export function checkAccountName(name: string): string {
  return name === systemAccountName ? name : checkName("an account's name", name);
}

/** Throws `invalid_name` for a tag that the server would not match, or would put into a subject as more than a token. */
export function checkTags(tags: readonly string[]): string[] {
  const wrong = tags.find((tag) => typeof tag !== "string" || !tagPattern.test(tag));
  if (wrong === undefined) return [...tags];
  throw new MeshError(
    MeshCode.InvalidName,
    `a tag must be lower-case, <token> or <token>:<token>, each ${tokenRule}; got ${quoted(wrong)}`,
  );
}

/** Throws `invalid_argument` for a subject that the server would read as something else. */
export function checkSubjects(what: string, subjects: readonly string[]): string[] {
  const wrong = subjects.find((subject) => typeof subject !== "string" || !isSubject(subject));
  if (wrong === undefined) return [...subjects];
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${what} must be a subject: tokens joined by dots, no spaces, > only at the end; got ${quoted(wrong)}`,
  );
}

function isSubject(subject: string): boolean {
  const tokens = subject.split(".");
  return (
    subject.length <= 1_024 &&
    tokens.every((token) => /^[^\s.]+$/.test(token)) &&
    tokens.every((token, at) => token !== ">" || at === tokens.length - 1)
  );
}

/** What came, short, on one line. */
export function quoted(text: unknown): string {
  if (typeof text !== "string") return typeof text;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
