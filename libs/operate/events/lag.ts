import { parseFollowConsumer, Store, type storeApi } from "@myelin/subjects";
import { gaveUp } from "../../pipeline/index.ts";
import type { FollowLag } from "../../telemetry/index.ts";
import {
  consumerStates,
  type Extent,
  readExtent,
  type StoreDoor,
  storedMessages,
} from "../stores/index.ts";

/** How far a durable subscription is behind, and whether anybody is there. */
export interface FollowState extends FollowLag {
  /** Events that instances ask for now. */
  readonly asking: number;
  /** Messages of the stream that were dropped since it got its last event: unread, where they were meant for it. */
  readonly dropped: number;
}

/** Whom the subscriptions are asked of. */
export interface LagReader {
  readonly door: StoreDoor;
  readonly api: Pick<typeof storeApi, "consumerList" | "message" | "streamInfo">;
}

/** How far every durable subscription is behind, in the order of names. */
export async function readFollowLags(
  reader: LagReader,
  signal?: AbortSignal,
): Promise<readonly FollowState[]> {
  const found: FollowState[] = [];
  const stream = await readExtent(Store.events, reader);
  for (const one of await consumerStates(reader, Store.events)) {
    if (signal?.aborted === true) throw gaveUp("looking at who follows events", signal);
    const whose = parseFollowConsumer(one.name);
    if (whose === undefined) continue;
    const { filter_subject = ">", filter_subjects = [filter_subject] } = one.config;
    const { num_pending: pending, num_ack_pending: inWork, delivered, ack_floor } = one;
    const isBehind = pending + inWork > 0;
    const from = ack_floor.stream_seq + 1;
    const place = { from, upTo: stream.last };
    const oldestSeconds = isBehind ? await oldest(reader, filter_subjects, place) : 0;
    const unread = stream.first - delivered.stream_seq - 1;
    found.push({
      ...{ ...whose, asking: one.num_waiting, pending, inWork, oldestSeconds },
      room: isBehind ? roomOf(stream, from, oldestSeconds) : 1,
      dropped: delivered.stream_seq > 0 && pending > 0 ? Math.max(0, unread) : 0,
    });
  }
  return found.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Age of the first event from a place on that the subscription gets, in seconds. */
async function oldest(
  { door, api }: LagReader,
  subjects: readonly string[],
  place: { readonly from: number; readonly upTo: number },
): Promise<number> {
  let first = Date.now();
  for (const subject of subjects) {
    const options = { ...place, subject, api };
    for await (const { storedAt } of storedMessages(door, Store.events, options)) {
      first = Math.min(first, storedAt.getTime());
      break;
    }
  }
  return (Date.now() - first) / 1_000;
}

/** Of what is kept the oldest goes first: what lies behind it in the stream has as much longer. */
function roomOf(
  { first, last, share, maxAgeSeconds }: Extent,
  from: number,
  ageSeconds: number,
): number {
  const behind = Math.max(0, from - first) / Math.max(1, last - first + 1);
  const inBytes = 1 - share * (1 - behind);
  return Math.max(0, Math.min(1, inBytes, 1 - ageSeconds / maxAgeSeconds));
}

function keyOf({ agent, follow }: FollowLag): string {
  return `${agent} ${follow}`;
}
