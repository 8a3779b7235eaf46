import { parseFollowConsumer, Store, type storeApi } from "@myelin/subjects";
import type { FollowLag } from "../../telemetry/index.ts";
import { consumerStates, type StoreDoor, storedMessages } from "../stores/index.ts";

/** How far a durable subscription is behind, and whether anybody is there. */
export interface FollowState extends FollowLag {
  /** Events that instances ask for now. */
  readonly asking: number;
}

/** Whom the subscriptions are asked of. */
export interface LagReader {
  readonly door: StoreDoor;
  readonly api: Pick<typeof storeApi, "consumerList" | "message">;
}

/** How far every durable subscription is behind, in the order of names. */
export async function readFollowLags(
  reader: LagReader,
  signal?: AbortSignal,
): Promise<readonly FollowState[]> {
  const found: FollowState[] = [];
  for (const one of await consumerStates(reader, Store.events)) {
    signal?.throwIfAborted();
    const whose = parseFollowConsumer(one.name);
    if (whose === undefined) continue;
    const { filter_subject = ">", filter_subjects = [filter_subject] } = one.config;
    const isBehind = one.num_pending + one.num_ack_pending > 0;
    found.push({
      ...{ ...whose, asking: one.num_waiting },
      pending: one.num_pending,
      inWork: one.num_ack_pending,
      oldestSeconds: isBehind
        ? await oldest(reader, filter_subjects, one.ack_floor.stream_seq + 1)
        : 0,
    });
  }
  return found.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Age of the first event from a place on that the subscription gets, in seconds. */
async function oldest(
  { door, api }: LagReader,
  subjects: readonly string[],
  from: number,
): Promise<number> {
  let first = Date.now();
  for (const subject of subjects) {
    for await (const { storedAt } of storedMessages(door, Store.events, { subject, from, api })) {
      first = Math.min(first, storedAt.getTime());
      break;
    }
  }
  return (Date.now() - first) / 1_000;
}

function keyOf({ agent, follow }: FollowLag): string {
  return `${agent} ${follow}`;
}
