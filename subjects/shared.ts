import {
  type CallAddress,
  type ControlAddress,
  callSubject,
  no,
  type Parsed,
  parseCallSubject,
  parseControlSubject,
} from "./grammar.ts";

/**
 * Calls between workspaces.
 *
 * A caller names the callee's workspace; on the way the server puts the caller's account in its place, so the callee
 * knows where a call is from. The two subjects differ in kind as well: with one for both, an agent that shares a skill
 * would hear what is meant for its namesake elsewhere.
 */
export interface ForeignCall extends CallAddress {
  /** Public key of the account that the caller belongs to: the server wrote it. */
  readonly account: string;
}

export interface ForeignControl extends ControlAddress {
  readonly account: string;
}

/** A skill of another workspace. */
export interface SharedTarget {
  readonly workspace: string;
  readonly agent: string;
}

/** How an agent of another workspace is called, and how one is named that calls: `desk/summarizer`. */
export function foreignName({ workspace, agent }: SharedTarget): string {
  return `${workspace}/${agent}`;
}

/** The same, taken apart; undefined for an agent of this workspace, since no token has a slash. */
export function parseForeignName(name: string): SharedTarget | undefined {
  const at = name.indexOf("/");
  return at < 0 ? undefined : { workspace: name.slice(0, at), agent: name.slice(at + 1) };
}

/** What a reply subject of another workspace begins with; only the server makes such. */
export const foreignInbox = "_R_.";

/** What a caller publishes. Nobody of its workspace hears it, least of all an agent of the same name. */
export function foreignCallSubject(
  { workspace, agent }: SharedTarget,
  skill: string,
  route: string,
  caller: string,
): string {
  return `mesh.outcall.${workspace}.${agent}.${skill}.${route}.${caller}`;
}

/** The same call as the callee hears it, with the caller's account. */
export function arrivedCallSubject(
  { account, agent }: Pick<ForeignCall, "account" | "agent">,
  skill: string,
  route: string,
  caller: string,
): string {
  return `mesh.xcall.${account}.${agent}.${skill}.${route}.${caller}`;
}

/** The subject of a call to an agent by the name that it has here, whichever workspace it is of. */
export function callSubjectTo(name: string, skill: string, route: string, caller: string): string {
  const foreign = parseForeignName(name);
  if (foreign === undefined) return callSubject(name, skill, route, caller);
  return foreignCallSubject(foreign, skill, route, caller);
}

export function foreignControlSubject(
  { workspace, agent }: SharedTarget,
  route: string,
  caller: string,
): string {
  return `mesh.outcontrol.${workspace}.${agent}.${route}.${caller}`;
}

/** The same as the callee hears it. */
export function arrivedControlSubject(
  { account, agent }: Pick<ForeignCall, "account" | "agent">,
  route: string,
  caller: string,
): string {
  return `mesh.xcontrol.${account}.${agent}.${route}.${caller}`;
}

/** What an instance listens to, whether or not a skill of its agent is shared. */
export const foreignFilters = Object.freeze({
  calls: (agent: string, route: string) => `mesh.xcall.*.${agent}.*.${route}.*`,
  control: (agent: string, route: string) => `mesh.xcontrol.*.${agent}.${route}.*`,
});

export function parseForeignCall(subject: string): Parsed<ForeignCall> {
  const read = split(subject, "xcall");
  if (!read.ok) return read;
  const call = parseCallSubject(`mesh.call.${read.value.rest}`);
  return call.ok ? { ok: true, value: { ...call.value, account: read.value.account } } : call;
}

export function parseForeignControl(subject: string): Parsed<ForeignControl> {
  const read = split(subject, "xcontrol");
  if (!read.ok) return read;
  const control = parseControlSubject(`mesh.control.${read.value.rest}`);
  if (!control.ok) return control;
  return { ok: true, value: { ...control.value, account: read.value.account } };
}

/** Whether it is the public key of an account, in the text form of NATS. */
function isAccountKey(text: string): boolean {
  return /^A[A-Z2-7]{55}$/.test(text);
}

interface Split {
  readonly account: string;
  readonly rest: string;
}

function split(subject: string, kind: string): Parsed<Split> {
  const [mesh, second, account = "", ...rest] = subject.split(".");
  if (mesh !== "mesh" || second !== kind) return no(`not an ${kind} subject`);
  if (!isAccountKey(account)) return no("the third token is no account's key");
  return { ok: true, value: { account, rest: rest.join(".") } };
}
