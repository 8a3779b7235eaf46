import { createHash } from "node:crypto";
import { type ConsumerShape, type MeshPolicy, storeAccountName } from "@myelin/subjects";
import { stringify } from "yaml";
import { type WantedStream, wantedStores } from "./wanted.ts";

/** A resource of NACK, the controller that keeps JetStream in Kubernetes. */
export interface Manifest {
  readonly apiVersion: "jetstream.nats.io/v1beta2";
  readonly kind: "Stream" | "Consumer";
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a manifest says of copies where the policy says nothing: no server is asked. */
const usualReplicas = 3;

/**
 * The streams and consumers of every workspace, for a mesh with `provision: bind`.
 *
 * Each names the Account resource of its store account (`desk-store`), which has to hold keeper's credentials.
 */
export function storeManifests(policy: MeshPolicy): readonly Manifest[] {
  return Object.entries(policy.workspaces).flatMap(([workspace, itsPolicy]) => {
    const { streams, consumers } = wantedStores({ workspace, policy: itsPolicy });
    const { replicas = usualReplicas } = itsPolicy;
    return [
      ...streams.map((stream) => streamManifest(workspace, stream, replicas)),
      ...consumers.map((consumer) => consumerManifest(workspace, consumer)),
    ];
  });
}

/** The manifests as one YAML file. */
export function manifestText(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${stringify(manifest)}`).join("");
}

function streamManifest(workspace: string, stream: WantedStream, replicas: number): Manifest {
  return {
    apiVersion: "jetstream.nats.io/v1beta2",
    kind: "Stream",
    metadata: { name: resourceName(workspace, stream.name) },
    spec: {
      account: resourceName(storeAccountName(workspace)),
      name: stream.name,
      description: stream.description,
      subjects: stream.subjects,
      retention: stream.retention,
      storage: stream.storage,
      replicas,
      discard: stream.discard,
      discardPerSubject: stream.discard_new_per_subject,
      maxMsgsPerSubject: stream.max_msgs_per_subject,
      maxBytes: stream.max_bytes,
      maxMsgSize: stream.max_msg_size,
      maxAge: seconds(stream.max_age),
      duplicateWindow: seconds(stream.duplicate_window),
      allowDirect: stream.allow_direct,
      allowRollup: stream.allow_rollup_hdrs,
      ...(stream.allow_msg_ttl ? { allowMsgTtl: true } : {}),
      ...(stream.allow_msg_schedules ? { allowMsgSchedules: true } : {}),
      denyDelete: stream.deny_delete,
      denyPurge: stream.deny_purge,
      // A resource that goes, or is renamed, must not take the messages with it.
      preventDelete: true,
      metadata: stream.metadata,
    },
  };
}

function consumerManifest(workspace: string, consumer: ConsumerShape): Manifest {
  const { stream, durable_name } = consumer;
  return {
    apiVersion: "jetstream.nats.io/v1beta2",
    kind: "Consumer",
    metadata: { name: resourceName(workspace, stream, durable_name) },
    spec: {
      account: resourceName(storeAccountName(workspace)),
      streamName: stream,
      durableName: durable_name,
      description: consumer.description,
      filterSubjects: consumer.filter_subjects,
      deliverPolicy: consumer.deliver_policy,
      ackPolicy: consumer.ack_policy,
      ackWait: seconds(consumer.ack_wait),
      maxDeliver: consumer.max_deliver,
      maxAckPending: consumer.max_ack_pending,
      preventDelete: true,
      metadata: consumer.metadata,
    },
  };
}

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const kubernetesName = new RegExp(`^${label}(\\.${label})*$`);

/** A name as Kubernetes takes it: where a part is none, a digest of it keeps it apart from those like it. */
function resourceName(...parts: readonly string[]): string {
  const name = parts.join(".").replace("=", ".").replace("MESH_", "mesh-").toLowerCase();
  if (kubernetesName.test(name) && name.length <= maxResourceName) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  const legible = name.replace(/[^a-z0-9]+/g, "-").slice(0, maxResourceName - 9);
  return `${legible.replace(/-$/, "")}.${digest}`;
}

const maxResourceName = 253;

function seconds(nanoseconds: number): string {
  return `${nanoseconds / 1_000_000_000}s`;
}
