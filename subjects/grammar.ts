/**
 * The grammar of subjects, in one place. Builders take checked tokens; parsers take bytes from the wire and
 * answer with a union, since this package throws nothing.
 *
 * | subject | who publishes | who hears |
 * |---|---|---|
 * | `mesh.call.<agent>.<skill>.<route>.<CALLER>` | the caller | instances of the agent |
 * | `mesh.outcall.<workspace>.<agent>.<skill>.<route>.<CALLER>` | a caller, to another workspace | the server |
 * | `mesh.xcall.<ACCOUNT>.<agent>.<skill>.<route>.<CALLER>` | the server, for a caller elsewhere | instances of the agent |
 * | `mesh.control.<agent>.<any or i-instance>.<CALLER>` | the caller | instances of the agent |
 * | `mesh.outcontrol.<workspace>.<agent>.<any or i-instance>.<CALLER>` | a caller, to another workspace | the server |
 * | `mesh.xcontrol.<ACCOUNT>.<agent>.<any or i-instance>.<CALLER>` | the server, for a caller elsewhere | instances of the agent |
 * | `mesh.presence.<AGENT>.<instance>` | the instance | callers of the agent, its siblings |
 * | `_INBOX.<agent>.<instance>.<token>` | who answers | that instance only |
 * | `$SRV.<verb>[.<agent>[.<instance>]]` | tools and callers | every instance (ADR-32) |
 * | `mesh.task.<agent>.<skill>.<high or normal>.<SUBMITTER>` | the submitter | the store |
 * | `mesh.later.<agent>.<skill>.<SUBMITTER>` | the submitter | the store |
 * | `mesh.result.<submitter>.<task>.<final or a state>.<AGENT>` | the worker | the store, the submitter |
 * | `mesh.result.<AGENT>.<digest>.<key or tried>.<AGENT>` | a worker or follower, of a key or an event | the store, the agent |
 * | `mesh.event.<PUBLISHER>.<name…>` | the publisher | the store, who declares it |
 * | `mesh.moved.<agent>.<follow>.<MOVER>` | who brings an event back | the store |
 * | `mesh.dead.<kind>.<AGENT>.<skill>.<task>.<generation>` | the worker, keeper | the store |
 * | `mesh.record.<AGENT>.<skill>` | the agent | the store |
 * | `mesh.blob.<OWNER>.<reader>.<id>.<part>` | the owner, in the place of a large payload | the store |
 * | `mesh.blob.<OWNER>._events.<name…>.<id>.<part>` | the same, for whoever hears an event | the store |
 * | `mesh.artifact.<OWNER>.<name…>.…` | the owner | the store |
 * | `$KV.mesh-conversations.<AGENT>.<conversation>` | the agent | the store |
 * | `mesh.config.<kind…>` | the store | everybody |
 *
 * `route` is `any`, `v-<version label>` or `i-<instance>`. In capitals: who speaks, which the server checks, or writes
 * itself. The durable ones are built and read in `durable.ts`, those between workspaces in `shared.ts`.
 */

const tokenPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** What a name must look like, for error messages. */
export const tokenRule = "1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit";

const idPattern = /^[\w.:/+=-]{1,128}$/;

/** What `isId` takes, for error messages. */
export const idRule = "1 to 128 of letters, digits and _.:/+=-";

/** Whether it can be the id of a call or event, or the key of a task; a token always can. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** Longest instance id: `i-` and the id make one token of at most 63 characters. */
export const maxInstanceLength = 61;

/** Whether a name may stand as one token of a subject. */
export function isToken(name: string): boolean {
  return tokenPattern.test(name);
}

/** Which instances of an agent a call is for. */
export type Route =
  | { readonly to: "any" }
  | { readonly to: "version"; readonly label: string }
  | { readonly to: "instance"; readonly instance: string };

/** The one route to whoever has room. */
export const anyRoute: Route = Object.freeze({ to: "any" });

/** A semantic version as one token: `1.2.0` is `1-2-0`. */
export function versionLabel(version: string): string {
  return version.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-");
}

/** A route as it stands in a subject. */
export function routeToken(route: Route): string {
  if (route.to === "any") return "any";
  return route.to === "version" ? `v-${route.label}` : `i-${route.instance}`;
}

export function callSubject(agent: string, skill: string, route: string, caller: string): string {
  return `mesh.call.${agent}.${skill}.${route}.${caller}`;
}

export function controlSubject(agent: string, route: string, caller: string): string {
  return `mesh.control.${agent}.${route}.${caller}`;
}

/** What every presence subject begins with. */
export const presencePrefix = "mesh.presence.";

export function presenceSubject(agent: string, instance: string): string {
  return `${presencePrefix}${agent}.${instance}`;
}

/** The prefix under which an instance's replies arrive; a reply token follows it. */
export function inboxPrefix(agent: string, instance: string): string {
  return `_INBOX.${agent}.${instance}.`;
}

/** The prefix of a plain client's inbox, as NATS's own clients take it: without the last dot. */
export function inboxOf(name: string): string {
  return `_INBOX.${name}`;
}

/** What every reply subject of this caller must begin with. */
export function callerInbox(caller: string): string {
  return `${inboxOf(caller)}.`;
}

/** The first token of every inbox; answers to `$SRV` go nowhere else. */
export const anyInbox = "_INBOX.";

/** What an instance listens to, and what a caller does. */
export const filters = Object.freeze({
  calls: (agent: string, route: string) => `mesh.call.${agent}.*.${route}.*`,
  control: (agent: string, route: string) => `mesh.control.${agent}.${route}.*`,
  presence: (agent: string) => `mesh.presence.${agent}.*`,
  everyPresence: "mesh.presence.*.*",
  everyCall: "mesh.call.>",
  everyInbox: "_INBOX.>",
  inbox: (agent: string, instance: string) => `_INBOX.${agent}.${instance}.*`,
});

/** Whether a pattern takes a subject: `*` is one token whatever it is, `>` at the end one or more. */
export function coversSubject(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  const isOpen = wanted.at(-1) === ">";
  if (isOpen) wanted.pop();
  if (isOpen ? tokens.length <= wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, at) => token === "*" || token === tokens[at]);
}

export interface CallAddress {
  readonly agent: string;
  readonly skill: string;
  readonly route: Route;
  readonly caller: string;
}

export interface ControlAddress {
  readonly agent: string;
  readonly route: Route;
  readonly caller: string;
}

export interface PresenceAddress {
  readonly agent: string;
  readonly instance: string;
}

/** What a parser found, or why the subject is none of that kind. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

export function parseCallSubject(subject: string): Parsed<CallAddress> {
  const tokens = subject.split(".");
  const [mesh, kind, agent = "", skill = "", route = "", caller = ""] = tokens;
  if (mesh !== "mesh" || kind !== "call" || tokens.length !== 6) return no("not a call subject");
  if (!isToken(agent) || !isToken(skill) || !isToken(caller))
    return no(`a token is not ${tokenRule}`);
  const parsed = parseRoute(route);
  if (parsed === undefined) return no("the route is none of any, v-<label>, i-<instance>");
  return { ok: true, value: { agent, skill, route: parsed, caller } };
}

export function parseControlSubject(subject: string): Parsed<ControlAddress> {
  const tokens = subject.split(".");
  const [mesh, kind, agent = "", route = "", caller = ""] = tokens;
  if (mesh !== "mesh" || kind !== "control" || tokens.length !== 5)
    return no("not a control subject");
  if (!isToken(agent) || !isToken(caller)) return no(`a token is not ${tokenRule}`);
  const parsed = parseRoute(route);
  if (parsed === undefined) return no("the route is none of any, v-<label>, i-<instance>");
  return { ok: true, value: { agent, route: parsed, caller } };
}

export function parsePresenceSubject(subject: string): Parsed<PresenceAddress> {
  const tokens = subject.split(".");
  const [mesh, kind, agent = "", instance = ""] = tokens;
  if (mesh !== "mesh" || kind !== "presence" || tokens.length !== 4)
    return no("not a presence subject");
  if (!isToken(agent) || !isToken(instance)) return no(`a token is not ${tokenRule}`);
  return { ok: true, value: { agent, instance } };
}

function parseRoute(token: string): Route | undefined {
  if (token === "any") return anyRoute;
  if (!isToken(token)) return undefined;
  const rest = token.slice(2);
  if (rest === "") return undefined;
  if (token.startsWith("v-")) return { to: "version", label: rest };
  return token.startsWith("i-") ? { to: "instance", instance: rest } : undefined;
}

/** What was not found, and why. */
export function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
