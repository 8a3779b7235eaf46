/**
 * What a workspace's two accounts share, with each other and with other workspaces: plain data, as an account's JWT
 * takes it. Streams live in the store account, where no agent logs in; the workspace sees of them what is listed here.
 */
import { nanosecondsPerMs } from "./ages.ts";
import type { MeshPolicy } from "./policy.ts";
import {
  arrivedCallSubject,
  arrivedControlSubject,
  foreignCallSubject,
  foreignControlSubject,
} from "./shared.ts";

/** Whether one message answers a request, or many do. */
export type ResponseType = "Singleton" | "Stream";

/** What an account lets others import. */
export interface AccountExport {
  readonly name: string;
  readonly subject: string;
  readonly type: "service" | "stream";
  readonly response_type?: ResponseType;
  /** How long the server lets answers through after the last one, in nanoseconds. */
  readonly response_threshold?: number;
  /** Which token of the subject, counted from 1, the server writes the importing account's key into. */
  readonly account_token_position?: number;
}

/** What an account takes of another. */
export interface AccountImport {
  readonly name: string;
  /** As the other account has it. */
  readonly subject: string;
  readonly account: string;
  /** As it is called here. Default: as there. */
  readonly local_subject?: string;
  readonly type: "service" | "stream";
}

/** What an account exports and imports, as its JWT takes them. */
export interface AccountShape {
  readonly exports: readonly AccountExport[];
  readonly imports: readonly AccountImport[];
}

/** Answers with the public key of an account: a workspace's name, or its store's. */
export type KeyOf = (account: string) => string;

const storeSuffix = "-store";

/** The name of the account that keeps a workspace's streams. */
export function storeAccountName(workspace: string): string {
  return workspace + storeSuffix;
}

/** Whether an account keeps a workspace's streams: no workspace may have such a name. */
export function isStoreAccount(account: string): boolean {
  return account.endsWith(storeSuffix);
}

/** The workspace that an account is, or whose streams it keeps. */
export function workspaceOf(account: string): string {
  return isStoreAccount(account) ? account.slice(0, -storeSuffix.length) : account;
}

/** The prefix under which a workspace sees the streams' API: the server answers `$JS.API.` there itself, with a refusal. */
export const storeApiPrefix = "mesh.js";

/**
 * Silence after which the server forgets a pull: pulls expire sooner than this, and never run for longer without a
 * message. Each is remembered that long, used up or not, so it is no longer than it has to be.
 */
const pullThresholdMs = 60_000;

/**
 * Silence after which the server forgets a shared call. Each call is remembered that long, answered or not, so this
 * cannot be as long as the longest deadline there is.
 */
export const sharedCallThresholdMs = 3_600_000;

/**
 * What agents store. Each is imported under its own name, so live subscribers hear it as well.
 *
 * All have wildcards: an answer of the store that is sent to such a subject is not stored under it, as it would be
 * under a literal one (a test tries it).
 */
const ingest = [
  "mesh.task.*.*.*.*",
  "mesh.later.*.*.*",
  "mesh.result.*.*.*.*",
  "mesh.event.>",
  "mesh.moved.*.*.*",
  "mesh.dead.>",
  "mesh.record.>",
  "mesh.blob.>",
  "mesh.artifact.>",
  "$KV.mesh-conversations.*.*",
] as const;

/** The part of the streams' API that cannot change a stream or a consumer. */
const api: readonly (readonly [subject: string, answers: ResponseType])[] = [
  ["CONSUMER.MSG.NEXT.>", "Stream"],
  ["CONSUMER.INFO.*.*", "Singleton"],
  ["CONSUMER.NAMES.*", "Singleton"],
  ["CONSUMER.LIST.*", "Singleton"],
  ["STREAM.INFO.*", "Singleton"],
  ["STREAM.NAMES", "Singleton"],
  ["STREAM.LIST", "Singleton"],
  ["STREAM.MSG.GET.*", "Singleton"],
  ["DIRECT.GET.>", "Stream"],
  ["INFO", "Singleton"],
];

const acknowledgements = "$JS.ACK.>";
const configuration = "mesh.config.>";

/** The shapes of a workspace's two accounts; the same policy gives the same text. */
export function accountShape(
  policy: MeshPolicy,
  workspace: string,
  keyOf: KeyOf,
): { readonly workspace: AccountShape; readonly store: AccountShape } {
  return { workspace: workspaceShape(policy, workspace, keyOf), store: storeShape() };
}

/** The account that keeps a workspace's streams. Nothing of it is the policy's to say. */
function storeShape(): AccountShape {
  const exports = [
    ...ingest.map((subject) => service(subject, "Singleton")),
    ...api.map(([subject, answers]) => service(`$JS.API.${subject}`, answers)),
    service(acknowledgements, "Singleton"),
    { name: configuration, subject: configuration, type: "stream" as const },
  ];
  return { exports, imports: [] };
}

/** The account that a workspace's agents log in to; it keeps no streams. */
function workspaceShape(policy: MeshPolicy, workspace: string, keyOf: KeyOf): AccountShape {
  return {
    exports: sharedBy(policy, workspace),
    imports: [
      ...fromStore(keyOf(storeAccountName(workspace))),
      ...sharedWith(policy, workspace, keyOf),
    ],
  };
}

function fromStore(account: string): AccountImport[] {
  const taken = (subject: string, local: string): AccountImport => ({
    name: local,
    subject,
    account,
    local_subject: local,
    type: "service",
  });
  return [
    ...ingest.map((subject) => taken(subject, subject)),
    ...api.map(([subject]) => taken(`$JS.API.${subject}`, `${storeApiPrefix}.${subject}`)),
    taken(acknowledgements, acknowledgements),
    { name: configuration, subject: configuration, account, type: "stream" },
  ];
}

/** Each shared skill once, and the control of each agent that shares one, whoever it is shared with. */
function sharedBy(policy: MeshPolicy, workspace: string): AccountExport[] {
  const subjects = new Set<string>();
  for (const { skill } of policy.workspaces[workspace]?.shares ?? []) {
    for (const subject of arriving(skill, "*")) subjects.add(subject);
  }
  return [...subjects].sort().map((subject) => ({
    ...service(subject, "Stream", sharedCallThresholdMs),
    account_token_position: 3,
  }));
}

/** What the others share with this workspace; a caller names the workspace, the server writes the caller's account. */
function sharedWith(policy: MeshPolicy, workspace: string, keyOf: KeyOf): AccountImport[] {
  const found = new Map<string, AccountImport>();
  for (const [callee, { shares }] of Object.entries(policy.workspaces)) {
    for (const { skill } of shares.filter((share) => share.with.includes(workspace))) {
      const theirs = arriving(skill, keyOf(workspace));
      for (const [at, local] of leaving(skill, callee).entries()) {
        const subject = theirs[at] ?? local;
        found.set(local, {
          name: local,
          subject,
          account: keyOf(callee),
          local_subject: local,
          type: "service",
        });
      }
    }
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What comes in for a shared skill `<agent>.<skill>`: its calls, and its agent's control. */
function arriving(shared: string, account: string): readonly string[] {
  const [agent = "", skill = ""] = shared.split(".");
  const from = { account, agent };
  return [arrivedCallSubject(from, skill, "*", "*"), arrivedControlSubject(from, "*", "*")];
}

/** What callers publish for the same. */
function leaving(shared: string, workspace: string): readonly string[] {
  const [agent = "", skill = ""] = shared.split(".");
  const to = { workspace, agent };
  return [foreignCallSubject(to, skill, "*", "*"), foreignControlSubject(to, "*", "*")];
}

function service(
  subject: string,
  answers: ResponseType,
  thresholdMs: number = pullThresholdMs,
): AccountExport {
  const exported = { name: subject, subject, type: "service", response_type: answers } as const;
  if (answers === "Singleton") return exported;
  return { ...exported, response_threshold: thresholdMs * nanosecondsPerMs };
}
