import assert from "node:assert/strict";
import { test } from "node:test";
import { type Manifest, readMeshFile, storeManifests } from "@myelin/mesh/operate";
import { wantedStores } from "../../../../libs/operate/stores/wanted.ts";
import { full } from "../mesh-file/files.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What NACK calls the fields of NATS's own API. */
const streamFields: Readonly<Record<string, string>> = {
  name: "name",
  description: "description",
  subjects: "subjects",
  retention: "retention",
  storage: "storage",
  replicas: "num_replicas",
  discard: "discard",
  discardPerSubject: "discard_new_per_subject",
  maxMsgsPerSubject: "max_msgs_per_subject",
  maxBytes: "max_bytes",
  maxMsgSize: "max_msg_size",
  maxAge: "max_age",
  duplicateWindow: "duplicate_window",
  allowDirect: "allow_direct",
  allowRollup: "allow_rollup_hdrs",
  allowMsgTtl: "allow_msg_ttl",
  allowMsgSchedules: "allow_msg_schedules",
  denyDelete: "deny_delete",
  denyPurge: "deny_purge",
  metadata: "metadata",
};

const consumerFields: Readonly<Record<string, string>> = {
  streamName: "stream",
  durableName: "durable_name",
  description: "description",
  filterSubjects: "filter_subjects",
  deliverPolicy: "deliver_policy",
  ackPolicy: "ack_policy",
  ackWait: "ack_wait",
  maxDeliver: "max_deliver",
  maxAckPending: "max_ack_pending",
  metadata: "metadata",
};

/** What a manifest says, in the words of NATS's own API; a field that has no name there fails. */
function readBack({ spec }: Manifest, names: Readonly<Record<string, string>>): Fields {
  const { account: _, preventDelete: kept, ...fields } = spec;
  assert.equal(kept, true, "a resource that goes must not take the messages with it");
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const own = names[name];
      assert.ok(own !== undefined, name);
      return [own, durations.includes(name) ? nanoseconds(value) : value];
    }),
  );
}

const durations = ["maxAge", "duplicateWindow", "ackWait"];

function nanoseconds(value: unknown): number {
  assert.match(String(value), /^\d+(\.\d+)?s$/);
  return Number.parseFloat(String(value)) * 1_000_000_000;
}

const sized = full.replace(
  "  desk:\n",
  "  desk:\n    replicas: 1\n    streams: { tasks: { maxBytes: 5000000 }, dead: { maxBytes: 6000000 } }\n",
);

test("a manifest says of each stream and consumer everything that the mesh wants of it", () => {
  const mesh = readMeshFile(sized, "mesh.yaml");
  const manifests = storeManifests(mesh);
  const wanted = Object.entries(mesh.workspaces).map(([workspace, policy]) =>
    wantedStores({ workspace, policy }),
  );
  const ofKind = (kind: Manifest["kind"]) => manifests.filter((one) => one.kind === kind);
  assert.deepEqual(
    ofKind("Stream").map((manifest) => readBack(manifest, streamFields)),
    wanted.flatMap(({ streams }) => streams).map(asExported),
  );
  assert.deepEqual(
    ofKind("Consumer").map((manifest) => readBack(manifest, consumerFields)),
    wanted.flatMap(({ consumers }) => consumers).map((consumer) => ({ ...consumer })),
  );
});

/** As a manifest has it: the newest fields stand there only where they are on. */
function asExported(stream: object): Fields {
  const {
    subject_delete_marker_ttl: marker,
    allow_msg_ttl: ttl,
    allow_msg_schedules: schedules,
    ...rest
  } = stream as Fields;
  assert.equal(marker, 0);
  return {
    // No server is asked for how many it has: so many as a cluster needs.
    num_replicas: 3,
    ...rest,
    ...(ttl === true ? { allow_msg_ttl: true } : {}),
    ...(schedules === true ? { allow_msg_schedules: true } : {}),
  };
}
