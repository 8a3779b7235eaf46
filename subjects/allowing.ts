import { parseFollowConsumer, parseTaskConsumer } from "./consumer-names.ts";
import { triedState } from "./durable.ts";

/** What was tried, and by whom where the subject does not say it. */
export interface Attempted {
  readonly operation: "publish" | "subscribe";
  readonly subject: string;
  /** The name that the connection bears. */
  readonly name?: string | undefined;
}

/**
 * The line of `mesh.yaml`, within its workspace, that would allow a subject which the server refused:
 * `agents.editor.calls: [librarian.list]`. Undefined where no line would.
 */
export function allowingLine({ operation, subject, name }: Attempted): string | undefined {
  const [first = "", kind = "", ...rest] = subject.split(".");
  const tokens = [first, kind, ...rest];
  if (first === "$SRV") return ofService(operation, tokens, name);
  if (first === "_INBOX") return ofInbox(operation, kind, name);
  if (first === "$KV") return spoken(rest[0], name, asking);
  if (first === "_R_") return "shares: [{ skill: <its skill>, with: [<workspace>] }]";
  if (first !== "mesh") return undefined;
  const rules = operation === "publish" ? published : heard;
  return rules[kind]?.(rest, name);
}

/** Kinds of dead letters that say what became of another one. */
const markers: readonly string[] = ["redriven", "dropped"];

type Rule = (rest: readonly string[], name: string | undefined) => string | undefined;

const published: Readonly<Record<string, Rule>> = {
  call: ([agent, skill, , caller], name) => spoken(caller, name, `calls: [${agent}.${skill}]`),
  control: ([agent, , caller], name) => spoken(caller, name, `calls: [${agent}.*]`),
  outcall: ([workspace, agent, skill, , caller], name) =>
    spoken(caller, name, `calls: [${workspace}/${agent}.${skill}]`),
  outcontrol: ([workspace, agent, , caller], name) =>
    spoken(caller, name, `calls: [${workspace}/${agent}.<skill>]`),
  presence: ([agent], name) => spoken(agent, name, serving),
  task: ([agent, skill, , caller], name) => spoken(caller, name, `submits: [${agent}.${skill}]`),
  later: ([agent, skill, caller], name) => spoken(caller, name, `submits: [${agent}.${skill}]`),
  result: ([, , state, agent], name) =>
    state === triedState ? spoken(agent, name, following) : worked(agent, name),
  dead: ([kind, agent], name) =>
    markers.includes(kind ?? "") ? member("operator", name) : worked(agent, name),
  event: ([publisher, ...event], name) =>
    spoken(publisher, name, `publishes: [${event.join(".")}]`),
  moved: (_subject, name) => member("operator", name),
  record: ([agent], name) => spoken(agent, name, serving),
  blob: ([owner], name) => spoken(owner, name, asking),
  artifact: ([owner], name) => spoken(owner, name, asking),
  js: ofStore,
};

const heard: Readonly<Record<string, Rule>> = {
  call: ([agent], name) => listened(agent, name),
  control: ([agent], name) => listened(agent, name),
  xcall: ([, agent], name) => listened(agent, name),
  xcontrol: ([, agent], name) => listened(agent, name),
  presence: ([agent], name) => {
    if (agent === name) return spoken(agent, name, serving);
    return agent === undefined || isWild(agent)
      ? member("observer", name)
      : line(name, `calls: [${agent}.*]`);
  },
  event: (event, name) => line(name, `hears: [${event.join(".").replace(/>$/, "*")}]`),
  result: ([submitter], name) => spoken(submitter, name, "submits: [<agent>.<skill>]"),
};

const serving = "skills: [<its skills>]";
const following = "follows: { <name>: { events: [<its events>] } }";
/** Whoever asks for something, or serves, keeps what is its own. */
const asking = "calls: [<agent>.<skill>]";

function ofService(
  operation: Attempted["operation"],
  [, , agent]: readonly string[],
  name: string | undefined,
): string | undefined {
  if (operation === "subscribe") return line(name, serving);
  return agent === undefined || isWild(agent)
    ? member("observer", name)
    : line(name, `calls: [${agent}.*]`);
}

/** One's own inbox belongs to whoever is in the file at all; nobody else's does, but an operator looks on. */
function ofInbox(
  operation: Attempted["operation"],
  owner: string,
  name: string | undefined,
): string | undefined {
  if (operation === "publish") return line(name, serving);
  if (isWild(owner)) return member("operator", name);
  return name === undefined || owner === name ? line(owner, "{}", ": ") : undefined;
}

/** What whoever looks may ask the streams' API. */
const looks: readonly string[] = ["INFO", "LIST", "NAMES"];

function ofStore(rest: readonly string[], name: string | undefined): string | undefined {
  const stream = rest.find((token) => token.startsWith("MESH_"));
  const consumer = rest[rest.indexOf(stream ?? "") + 1] ?? "";
  const followed = parseFollowConsumer(consumer);
  if (rest[0] === "CONSUMER" && followed !== undefined && stream !== undefined) {
    const { agent, follow } = followed;
    return spoken(agent, name, `follows: { ${follow}: { events: [<its events>] } }`);
  }
  if (rest[0] === "STREAM" && rest[1] === "MSG" && rest[2] === "GET") {
    return member(stream === "MESH_RECORDS" ? "auditor" : "operator", name);
  }
  if (
    rest[0] === "CONSUMER" &&
    ["MSG", "INFO"].includes(rest[1] ?? "") &&
    stream === "MESH_TASKS"
  ) {
    return worked(parseTaskConsumer(consumer)?.agent ?? consumer, name);
  }
  if (["STREAM", "CONSUMER"].includes(rest[0] ?? "") && looks.includes(rest[1] ?? "")) {
    return member("observer", name);
  }
  if (rest[0] === "DIRECT" && stream === "MESH_ARTIFACTS") {
    const [, , owner = "<agent>"] = rest.slice(rest.indexOf(stream) + 1);
    return line(name, `calls: [${owner}.<skill>]`);
  }
  if (rest[0] === "DIRECT" && stream === "MESH_RECORDS") return member("auditor", name);
  if (rest[0] === "DIRECT" && stream === "MESH_RESULTS") {
    return line(name, rest.includes(triedState) ? following : "submits: [<agent>.<skill>]");
  }
  return undefined;
}

/** A worker has its rights by those who submit to it. */
function worked(agent: string | undefined, name: string | undefined): string | undefined {
  if (agent === undefined || isWild(agent) || (name !== undefined && agent !== name))
    return undefined;
  return `agents.<submitter>.submits: [${agent}.<skill>]`;
}

function listened(agent: string | undefined, name: string | undefined): string | undefined {
  if (agent === undefined || isWild(agent)) return member("operator", name);
  return name === undefined || agent === name ? line(agent, serving) : member("operator", name);
}

/** A subject that bears a speaker's name: nobody may speak under another's. */
function spoken(
  speaker: string | undefined,
  name: string | undefined,
  grant: string,
): string | undefined {
  if (speaker === undefined || isWild(speaker)) return undefined;
  return name === undefined || speaker === name ? line(speaker, grant) : undefined;
}

function line(name: string | undefined, grant: string, joint = "."): string {
  return `agents.${name ?? "<name>"}${joint}${grant}`;
}

function member(role: string, name: string | undefined): string {
  return `roles.${role}.members: [${name ?? "<name>"}]`;
}

function isWild(token: string): boolean {
  return token === "*" || token === ">";
}
