/** What a mesh shall be, as `mesh.yaml` says it: data only. Each list is checked before it gets here. */

/** The whole file. */
export interface MeshPolicy {
  readonly version: 1;
  readonly workspaces: Readonly<Record<string, WorkspacePolicy>>;
}

/** One workspace: who is in it, what it shares with others, and how it keeps what outlives a process. */
export interface WorkspacePolicy extends StoresPolicy {
  /** Whether anybody may join under any name: development only. */
  readonly guests: boolean;
  readonly agents: Readonly<Record<string, AgentPolicy>>;
  readonly roles: Readonly<Partial<Record<RoleName, RolePolicy>>>;
  readonly shares: readonly Share[];
  /** Whose calls are recorded. Default: nobody's. */
  readonly recording?: RecordingPolicy | undefined;
}

/** Which calls the flight recorder copies. */
export interface RecordingPolicy {
  /** Agents whose calls and answers are copied; `*` is every one. */
  readonly agents: readonly string[];
  /** Which share of their calls, from 0 to 1. */
  readonly share: number;
}

/** How a workspace's streams are kept. */
export interface StoresPolicy {
  /** Who makes streams and consumers: `apply`, somebody else whom it checks, or nobody. Default: create. */
  readonly provision?: Provision | undefined;
  /** Copies of each stream. Default: three in a cluster, else one; what is there keeps what it has. */
  readonly replicas?: Replicas | undefined;
  /** What streams may hold, by their short names. */
  readonly streams?: StreamSizes | undefined;
}

export const provisions = ["create", "bind", "off"] as const;

export type Provision = (typeof provisions)[number];

export type Replicas = 1 | 3;

/** The streams by the names that they have in mesh.yaml. */
export const streamNames = [
  "tasks",
  "later",
  "schedules",
  "results",
  "events",
  "dead",
  "records",
  "config",
  "advisories",
  "blobs",
  "artifacts",
  "conversations",
] as const;

export type StreamSizes = {
  readonly [Name in (typeof streamNames)[number]]?: { readonly maxBytes: number } | undefined;
};

/** What somebody may ask of the others, and tell them. */
export interface Asks {
  /** Skills it may call: `agent.skill`, `agent.*`, `*`, or `workspace/agent.skill` for a shared one. */
  readonly calls: readonly string[];
  /** Skills it may submit tasks to, now or later: `agent.skill`, `agent.*` or `*`. */
  readonly submits: readonly string[];
  /** Its own events, without its name. */
  readonly publishes: readonly string[];
  /** Events it hears live: `publisher.name`, `publisher.*` or `*`; a trailing `*` is everything below. */
  readonly hears: readonly string[];
  /** Whether it may attach an end user's identity. */
  readonly vouches: boolean;
}

/** An agent: its skills, what it asks, and the events it follows durably. */
export interface AgentPolicy extends Asks {
  readonly skills: readonly string[];
  readonly follows: Readonly<Record<string, Follow>>;
  /** How long a task or event may be with an instance that says nothing until another one gets it, in milliseconds. Default: 30000. */
  readonly silenceMs?: number | undefined;
}

/** A durable subscription to events, by its name. */
export interface Follow {
  readonly from: "beginning" | "now";
  /** Like `hears`. */
  readonly events: readonly string[];
}

/** The roles of people and services. */
export const roleNames = ["operator", "observer", "auditor", "keeper", "gateway"] as const;

export type RoleName = (typeof roleNames)[number];

/** Who has a role, and what they may ask beyond it. */
export interface RolePolicy extends Asks {
  readonly members: readonly string[];
}

/** One skill, open to other workspaces. */
export interface Share {
  /** `agent.skill` of this workspace. */
  readonly skill: string;
  /** Names of workspaces. */
  readonly with: readonly string[];
}

/** What a user may publish and hear, as the server takes it. Nothing is allowed beyond, no responses either. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Of what may be heard, what is not delivered all the same. Default: nothing. */
  readonly unheard?: readonly string[];
}
