import { storeApiPrefix } from "./accounts.ts";
import { dayMs, deadAgeMs, nanosecondsPerMs, usualAgeMs } from "./ages.ts";
import type { ConsumerName } from "./consumer-names.ts";
import { keptStores } from "./kept-stores.ts";

/** Names of the streams, all of them in a workspace's store account. */
export const Store = Object.freeze({
  tasks: "MESH_TASKS",
  later: "MESH_LATER",
  schedules: "MESH_SCHEDULES",
  results: "MESH_RESULTS",
  events: "MESH_EVENTS",
  dead: "MESH_DEAD",
  records: "MESH_RECORDS",
  config: "MESH_CONFIG",
  advisories: "MESH_ADVISORIES",
  blobs: "MESH_BLOBS",
  artifacts: "MESH_ARTIFACTS",
  conversations: "KV_mesh-conversations",
} as const);

export type StoreName = (typeof Store)[keyof typeof Store];

/** What every stream is: in the words of NATS's own API, with what the mesh leaves out fixed. */
export interface StreamShape {
  readonly name: StoreName;
  readonly description: string;
  readonly subjects: readonly string[];
  readonly retention: "limits" | "workqueue";
  readonly discard: "old" | "new";
  readonly max_msgs_per_subject: number;
  /** With `discard: "new"`: a subject that is full refuses the next, instead of losing the oldest. */
  readonly discard_new_per_subject: boolean;
  readonly max_bytes: number;
  readonly max_msg_size: number;
  /** In nanoseconds; 0 keeps them. */
  readonly max_age: number;
  /** How long a message's id is remembered, in nanoseconds. */
  readonly duplicate_window: number;
  readonly allow_direct: boolean;
  /** A schedule's headers name any target and source of the stream: agents write to none that allows it. */
  readonly allow_msg_schedules: boolean;
  /** A roll-up wipes what others wrote; the server wants them where there are schedules. */
  readonly allow_rollup_hdrs: boolean;
  /** Markers bring roll-ups with them. */
  readonly subject_delete_marker_ttl: 0;
  /** A writer may say how long its own message is kept. */
  readonly allow_msg_ttl: boolean;
  readonly deny_delete: boolean;
  readonly deny_purge: boolean;
  /** What `nats server check` goes by. */
  readonly metadata: Readonly<Record<string, string>>;
}

const mebibyte = 1_048_576;

/** Most bytes of headers and payload together that every stream takes in one message, however much the server does. */
export const mostMessageBytes = mebibyte;

const monitored = Object.freeze({ "io.nats.monitor.enabled": "true" });

/** What a stream is unless it says otherwise. `mesh.yaml` may say other sizes. */
const usual = {
  retention: "limits",
  discard: "old",
  max_msgs_per_subject: -1,
  discard_new_per_subject: false,
  max_bytes: 256 * mebibyte,
  max_msg_size: mostMessageBytes,
  max_age: usualAgeMs * nanosecondsPerMs,
  duplicate_window: 120_000 * nanosecondsPerMs,
  allow_direct: true,
  allow_msg_schedules: false,
  allow_rollup_hdrs: false,
  subject_delete_marker_ttl: 0,
  allow_msg_ttl: false,
  deny_delete: false,
  deny_purge: false,
  metadata: monitored,
} as const;

/** Every stream of a workspace. */
export const stores: readonly StreamShape[] = Object.freeze([
  {
    ...usual,
    name: Store.tasks,
    description: "Tasks that wait for their agent",
    subjects: ["mesh.task.*.*.*.*"],
    retention: "workqueue",
    // Full: the submitter hears it. Dropping the oldest would lose a task that was accepted.
    discard: "new",
    max_age: 0,
  },
  {
    ...usual,
    name: Store.later,
    description: "Tasks for later, until keeper releases them",
    subjects: ["mesh.later.*.*.*"],
    retention: "workqueue",
    discard: "new",
    max_age: 0,
  },
  {
    ...usual,
    name: Store.schedules,
    description: "What keeper has taken for later, and what is due of it; keeper alone writes here",
    subjects: ["mesh.schedule.*.*.*.*", "mesh.due.*.*.*.*"],
    retention: "workqueue",
    // The server takes no `discard: new` where there are schedules: keeper sees to it that this never gets full.
    discard: "old",
    // Firings of one schedule that wait for keeper: so few that none can drive out what others have for later.
    max_msgs_per_subject: 4,
    max_bytes: 512 * mebibyte,
    max_age: 0,
    // An order that keeper could not acknowledge comes again when it is back.
    duplicate_window: 3_600_000 * nanosecondsPerMs,
    allow_msg_schedules: true,
    allow_rollup_hdrs: true,
    // Of a schedule that was cancelled its place is kept for a while.
    allow_msg_ttl: true,
  },
  {
    ...usual,
    name: Store.results,
    description: "Progress and final results, kept for their submitter",
    subjects: ["mesh.result.*.*.*.*"],
    // The last of a state counts; progress told again and again must not drive out what others' turns hang on.
    max_msgs_per_subject: 8,
  },
  {
    ...usual,
    name: Store.events,
    description: "Events, in the order in which they came",
    subjects: ["mesh.event.>", "mesh.moved.*.*.*"],
    deny_delete: true,
  },
  {
    ...usual,
    name: Store.dead,
    description: "What could not be done, with its reason; one per subject, the first one stays",
    subjects: ["mesh.dead.*.*.*.*.*"],
    discard: "new",
    max_msgs_per_subject: 1,
    discard_new_per_subject: true,
    max_age: deadAgeMs * nanosecondsPerMs,
    // Each is something that somebody has to look at.
    metadata: {
      ...monitored,
      "io.nats.monitor.subjects-warn": "1",
      "io.nats.monitor.subjects-critical": "1000",
    },
  },
  {
    ...usual,
    name: Store.records,
    description: "Copies of calls and replies, where recording is on",
    subjects: ["mesh.record.*.*"],
    max_age: dayMs * nanosecondsPerMs,
  },
  {
    ...usual,
    name: Store.config,
    description: "Rules and keys, written by apply and keeper alone",
    subjects: ["mesh.config.>"],
    max_msgs_per_subject: 8,
    max_age: 0,
    deny_delete: true,
  },
  {
    ...usual,
    name: Store.advisories,
    description: "What the server says of tasks and events that were given up",
    subjects: [
      "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.MESH_TASKS.*",
      "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.MESH_TASKS.*",
      "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.MESH_EVENTS.*",
    ],
  },
  ...keptStores(usual),
]);

/** Subjects of the streams' API as a workspace sees it. */
export const storeApi = Object.freeze(apiUnder(storeApiPrefix));

const ownPrefix = "$JS.API";

/** The same in the store account itself, where streams are made. */
export const ownStoreApi = Object.freeze({
  ...apiUnder(ownPrefix),
  createStream: (stream: string) => `${ownPrefix}.STREAM.CREATE.${stream}`,
  updateStream: (stream: string) => `${ownPrefix}.STREAM.UPDATE.${stream}`,
  /** Takes every message of a subject out of a stream. */
  purgeStream: (stream: string) => `${ownPrefix}.STREAM.PURGE.${stream}`,
  /** Takes one message out of a stream. */
  deleteMessage: (stream: string) => `${ownPrefix}.STREAM.MSG.DELETE.${stream}`,
  makeConsumer: (stream: string, consumer: string) =>
    `${ownPrefix}.CONSUMER.CREATE.${stream}.${consumer}`,
});

function apiUnder(prefix: string) {
  return {
    info: `${prefix}.INFO`,
    streamNames: `${prefix}.STREAM.NAMES`,
    streamList: `${prefix}.STREAM.LIST`,
    streamInfo: (stream: string) => `${prefix}.STREAM.INFO.${stream}`,
    message: (stream: string) => `${prefix}.STREAM.MSG.GET.${stream}`,
    consumerNames: (stream: string) => `${prefix}.CONSUMER.NAMES.${stream}`,
    consumerList: (stream: string) => `${prefix}.CONSUMER.LIST.${stream}`,
    consumerInfo: (stream: string, consumer: string) =>
      `${prefix}.CONSUMER.INFO.${stream}.${consumer}`,
    next: (stream: string, consumer: string) => `${prefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
    /** The last message of a subject; the server takes no other question there. */
    last: (stream: string, subject: string) => `${prefix}.DIRECT.GET.${stream}.${subject}`,
    /** Many messages of a stream at once, from a place in it on. */
    batch: (stream: string) => `${prefix}.DIRECT.GET.${stream}`,
  };
}

/** How the subject of every acknowledgement begins. */
export const ackPrefix = "$JS.ACK.";

/**
 * Acknowledgements of a consumer's messages, in the server's two forms.
 *
 * The newer one is `$JS.ACK.<domain>.<account>.<stream>.<consumer>.…`, where `_` stands for no domain. A `*` there would
 * also be the older form for any stream and consumer, and `+NXT` on it takes another's messages.
 */
export function ackSubjects({ stream, consumer }: ConsumerName): string[] {
  return [`$JS.ACK.${stream}.${consumer}.>`, `$JS.ACK._.*.${stream}.${consumer}.>`];
}
