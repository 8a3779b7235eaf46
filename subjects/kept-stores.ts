import { dayMs, mostBlobMs, nanosecondsPerMs } from "./ages.ts";
import { conversationBucket } from "./kept.ts";
import type { StreamShape } from "./stores.ts";

const gibibyte = 1_073_741_824;

/** The streams of what is kept beside messages. `usual` is what a stream is unless it says otherwise. */
export function keptStores(usual: Omit<StreamShape, "name" | "description" | "subjects">) {
  return [
    {
      ...usual,
      name: "MESH_BLOBS",
      description: "Payloads too large for a message, each for one reader, until they expire",
      subjects: ["mesh.blob.>"],
      // Full: the writer hears it. Dropping the oldest would take the body of a task that waits.
      discard: "new",
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
      max_bytes: gibibyte,
      max_age: mostBlobMs * nanosecondsPerMs,
      // What was only for a call goes when nobody waits for it any more. Without markers, so nothing else does.
      allow_msg_ttl: true,
    },
    {
      ...usual,
      name: "MESH_ARTIFACTS",
      description: "What agents made, in versions; each owner's own",
      subjects: ["mesh.artifact.>"],
      discard: "new",
      // A later message of the same subject takes the place of the one before: the list of versions, and emptied parts.
      max_msgs_per_subject: 1,
      max_bytes: gibibyte,
      max_age: 0,
    },
    {
      ...usual,
      name: "KV_mesh-conversations",
      description: "Conversations, one document each; nats kv ls mesh-conversations",
      subjects: [`$KV.${conversationBucket}.>`],
      discard: "new",
      max_msgs_per_subject: 1,
      // Since it was written last.
      max_age: 30 * dayMs * nanosecondsPerMs,
      deny_delete: true,
      // One may be kept for less.
      allow_msg_ttl: true,
    },
  ] as const;
}
