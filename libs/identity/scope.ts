import { isToken, type Permissions } from "@myelin/subjects";
import type { SigningKey } from "@nats-io/jwt";
import { MeshCode, MeshError } from "../errors/index.ts";
import { checkPublic } from "./key-text.ts";
import { checkSubjects, quoted } from "./names.ts";
import { isRecord } from "./token.ts";

/** How a client may reach the server. */
export type ConnectionKind = "STANDARD" | "WEBSOCKET" | "LEAFNODE";

/** A scoped signing key of an account: whoever it signs for gets this role, and what is attested with it. */
export interface Scope {
  /** The signing key's public half, `A…`. */
  readonly key: string;
  /** `agent:<name>`, `role:<role>` or `guest`. */
  readonly role: string;
  /** The skills that the issuer attests, `*` for every one. */
  readonly skills: readonly string[];
  /** Whether its calls may carry an end user's identity. */
  readonly vouches: boolean;
  readonly permissions: Permissions;
  /** Ways to connect. Default: STANDARD and WEBSOCKET. */
  readonly connections?: readonly ConnectionKind[];
}

const clientsOnly: readonly ConnectionKind[] = ["STANDARD", "WEBSOCKET"];
const connectionKinds: readonly string[] = [...clientsOnly, "LEAFNODE"];
const everyWildcard = ">";
const rolePattern = /^(agent:|role:)?[a-z0-9][a-z0-9_-]{0,62}$/;

/** The scope as it stands in the account's JWT; what is attested goes as JSON into its description. */
export function encodeScope(scope: Scope): SigningKey & { readonly description: string } {
  const { role, skills, vouches } = scope;
  if (!rolePattern.test(role)) {
    throw new MeshError(
      MeshCode.InvalidName,
      `a role must be agent:<name>, role:<name> or one token, got ${quoted(role)}`,
    );
  }
  return {
    kind: "user_scope",
    key: checkPublic(`the key of ${role}`, "account", scope.key),
    role,
    description: JSON.stringify({ skills: checkSkills(role, skills), vouches }),
    template: {
      pub: allowOnly(checkSubjects(`what ${role} publishes`, scope.permissions.publish)),
      sub: heard(role, scope.permissions),
      subs: -1,
      data: -1,
      payload: -1,
      bearer_token: false,
      allowed_connection_types: checkConnections(role, scope.connections ?? clientsOnly),
    },
  };
}

/** The scope of a signing key in an account's JWT, or undefined for a plain key or one that cannot be read. */
export function decodeScope(entry: unknown): Scope | undefined {
  if (!isRecord(entry) || entry["kind"] !== "user_scope") return undefined;
  const { key, role, template, description } = entry;
  if (typeof key !== "string" || typeof role !== "string") return undefined;
  const { pub, sub, allowed_connection_types: ways } = isRecord(template) ? template : {};
  const connections = Object.freeze(texts(ways).filter(isConnectionKind));
  return Object.freeze({
    key,
    role,
    ...attested(description),
    permissions: Object.freeze({
      ...{ publish: allowed(pub), subscribe: allowed(sub) },
      ...withheld(sub),
    }),
    ...(connections.length > 0 && { connections }),
  });
}

// An empty list of what is allowed means everything to the server; nothing is said by denying all.
function allowOnly(allow: string[]): { allow?: string[]; deny?: string[] } {
  return allow.length === 0 ? { deny: [everyWildcard] } : { allow };
}

function heard(
  role: string,
  { subscribe, unheard = [] }: Permissions,
): { allow?: string[]; deny?: string[] } {
  const allow = allowOnly(checkSubjects(`what ${role} subscribes to`, subscribe));
  if (unheard.length === 0 || allow.deny !== undefined) return allow;
  return { ...allow, deny: checkSubjects(`what ${role} does not hear`, unheard) };
}

/** What is not heard although it may be; nothing may be heard at all where nothing is allowed. */
function withheld(sub: unknown): Pick<Permissions, "unheard"> {
  if (!isRecord(sub) || allowed(sub).length === 0) return {};
  const unheard = texts(sub["deny"]);
  return unheard.length === 0 ? {} : { unheard: Object.freeze(unheard) };
}

function allowed(permission: unknown): readonly string[] {
  return Object.freeze(isRecord(permission) ? texts(permission["allow"]) : []);
}

/** Nothing is attested by a key whose description is not ours. */
function attested(description: unknown): Pick<Scope, "skills" | "vouches"> {
  const none = { skills: Object.freeze([]), vouches: false };
  if (typeof description !== "string") return none;
  try {
    const read: unknown = JSON.parse(description);
    if (!isRecord(read)) return none;
    const skills = texts(read["skills"]).filter(isSkill);
    return { skills: Object.freeze(skills), vouches: read["vouches"] === true };
  } catch {
    return none;
  }
}

function checkSkills(role: string, skills: readonly string[]): readonly string[] {
  const wrong = skills.find((skill) => !isSkill(skill));
  if (wrong === undefined) return skills;
  throw new MeshError(
    MeshCode.InvalidName,
    `a skill of ${role} must be a token, or * for every skill; got ${quoted(wrong)}`,
  );
}

// An empty list of ways to connect means each of them to the server.
function checkConnections(role: string, ways: readonly ConnectionKind[]): ConnectionKind[] {
  if (ways.length > 0 && ways.every(isConnectionKind)) return [...ways];
  throw new MeshError(
    MeshCode.InvalidArgument,
    `the connections of ${role} must be some of ${connectionKinds.join(", ")}; got ${quoted(ways.join(", "))}`,
  );
}

function isSkill(skill: string): boolean {
  return skill === "*" || isToken(skill);
}

function isConnectionKind(text: string): text is ConnectionKind {
  return connectionKinds.includes(text);
}

function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}
