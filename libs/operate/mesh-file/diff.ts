import {
  type AgentPolicy,
  type Asks,
  type MeshPolicy,
  noRecording,
  roleNames,
  streamNames,
  takesTasks,
  type WorkspacePolicy,
} from "@myelin/subjects";

/** One difference between two policies: something that was not so before, or is no more. */
export interface PolicyChange {
  readonly sign: "+" | "-";
  readonly workspace: string;
  /** `agent editor`, `role operator`; empty: the workspace itself. */
  readonly who: string;
  /** Empty: that it is there at all. */
  readonly what: string;
}

/** What changes from one policy to another, by name. Without a first one everything is new. */
export function diffPolicies(
  before: MeshPolicy | undefined,
  after: MeshPolicy,
): readonly PolicyChange[] {
  const old = before?.workspaces ?? {};
  const names = [...new Set([...Object.keys(old), ...Object.keys(after.workspaces)])].sort();
  return names.flatMap((workspace) => {
    const from = factsOf(own(old, workspace));
    const to = factsOf(own(after.workspaces, workspace));
    const gone = [...from].filter(([key]) => !to.has(key));
    const made = [...to].filter(([key]) => !from.has(key));
    return [
      ...gone.map(([, fact]) => ({ sign: "-" as const, workspace, ...fact })),
      ...made.map(([, fact]) => ({ sign: "+" as const, workspace, ...fact })),
    ].sort(byName);
  });
}

/** `+ desk: agent editor may call librarian.list`. */
export function changeLine({ sign, workspace, who, what }: PolicyChange): string {
  if (who === "" && what === "") return `${sign} workspace ${workspace}`;
  return `${sign} ${workspace}: ${[who, what].filter((part) => part !== "").join(" ")}`;
}

interface Fact {
  readonly who: string;
  readonly what: string;
}

/** Everything that a workspace says, one fact for each word of a list. */
function factsOf(workspace: WorkspacePolicy | undefined): ReadonlyMap<string, Fact> {
  const facts = new Map<string, Fact>();
  if (workspace === undefined) return facts;
  const add = (who: string, what: string): void => void facts.set(`${who} ${what}`, { who, what });
  const { guests, agents, roles, shares } = workspace;
  add("", "");
  for (const what of [...storeFacts(workspace), ...recordingFacts(workspace)]) add("", what);
  if (guests) add("", "lets guests in");
  for (const { skill, with: others } of shares) {
    for (const other of others) add("", `shares ${skill} with ${other}`);
  }
  for (const [name, agent] of Object.entries(agents)) {
    const who = `agent ${name}`;
    const tasks = takesTasks(name, workspace) ? ["takes tasks"] : [];
    for (const what of ["", ...agentFacts(agent), ...tasks, ...askFacts(agent)]) add(who, what);
  }
  for (const name of roleNames) {
    const role = roles[name];
    if (role === undefined) continue;
    const who = `role ${name}`;
    const held = role.members.map((member) => `is held by ${member}`);
    for (const what of ["", ...held, ...askFacts(role)]) add(who, what);
  }
  return facts;
}

/** What it says of its streams beyond the usual. */
function storeFacts({ provision, replicas, streams = {} }: WorkspacePolicy): string[] {
  return [
    ...(provision === undefined ? [] : [`has provision ${provision} for its streams`]),
    ...(replicas === undefined ? [] : [`has replicas ${replicas} of each stream`]),
    ...streamNames.flatMap((name) => {
      const size = streams[name];
      return size === undefined ? [] : [`has maxBytes ${size.maxBytes} for the stream ${name}`];
    }),
  ];
}

/** Whose calls are recorded. */
function recordingFacts({ recording }: WorkspacePolicy): string[] {
  const { agents, share } = recording ?? noRecording;
  return agents.map((agent) => {
    const whose = agent === "*" ? "every agent" : agent;
    return `records ${share * 100} % of the calls to ${whose}`;
  });
}

function agentFacts({ skills, follows, silenceMs }: AgentPolicy): string[] {
  const silence =
    silenceMs === undefined ? [] : [`has silenceMs ${silenceMs}: then a worker counts as dead`];
  const followed = Object.entries(follows).flatMap(([name, { from, events }]) => {
    const start = from === "now" ? "from now on" : "from the beginning";
    return events.map((event) => `follows ${event} as ${name}, ${start}`);
  });
  return [...skills.map((skill) => `offers ${skill}`), ...followed, ...silence];
}

function askFacts({ calls, submits, publishes, hears, vouches }: Asks): string[] {
  return [
    ...calls.map((line) => `may call ${line}`),
    ...submits.map((line) => `may submit tasks to ${line}`),
    ...publishes.map((event) => `publishes ${event}`),
    ...hears.map((event) => `hears ${event}`),
    ...(vouches ? ["may speak for an end user"] : []),
  ];
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function byName(one: PolicyChange, other: PolicyChange): number {
  if (one.who !== other.who) return one.who < other.who ? -1 : 1;
  if (one.what === "" || other.what === "") return one.what === "" ? -1 : 1;
  return 0;
}
