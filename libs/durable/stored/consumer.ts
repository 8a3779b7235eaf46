import { type ConsumerName, nanosecondsPerMs, storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { StoreAccess } from "./store.ts";

/** How a consumer gives its messages. */
export interface Terms {
  /** How long the server waits for a word of one that it has delivered, in milliseconds. */
  readonly ackWaitMs: number;
  /** How often it delivers one; infinity where it never gives up. */
  readonly mostDeliveries: number;
  /** The subjects that it gives; none where it gives all. */
  readonly filters: readonly string[];
}

/** What the server bears with a message. */
export type Bearing = Pick<Terms, "ackWaitMs" | "mostDeliveries">;

/** Whose consumer it is, and how long the store may take to tell. */
export interface ConsumerQuestion {
  readonly needs: "events" | "tasks";
  readonly waitMs: number;
}

/** Asks the store; throws where there is no such consumer, or it does not wait to be told that a message is done. */
export async function readConsumer(
  store: StoreAccess,
  of: ConsumerName,
  { needs, waitMs }: ConsumerQuestion,
): Promise<Terms> {
  const info = await store.api(storeApi.consumerInfo(of.stream, of.consumer), { waitMs });
  const config = (info["config"] ?? {}) as Readonly<Record<string, unknown>>;
  const { ack_wait, ack_policy, max_deliver, filter_subject, filter_subjects } = config;
  if (ack_policy !== "explicit" || typeof ack_wait !== "number" || ack_wait <= 0) {
    throw unfit(of, needs, "it must acknowledge explicitly");
  }
  const isBounded = typeof max_deliver === "number" && max_deliver > 0;
  const filters: unknown[] = Array.isArray(filter_subjects) ? filter_subjects : [filter_subject];
  return {
    ackWaitMs: ack_wait / nanosecondsPerMs,
    mostDeliveries: isBounded ? max_deliver : Number.POSITIVE_INFINITY,
    filters: filters.filter((one) => typeof one === "string").filter((one) => one !== ""),
  };
}

/** Why a consumer that somebody else made, or changed, is of no use. */
export function unfit(
  { stream, consumer }: ConsumerName,
  needs: ConsumerQuestion["needs"],
  why: string,
): MeshError {
  return new MeshError(
    MeshCode.Unavailable,
    `the consumer ${consumer} of ${stream} is not as ${needs} need it: ${why}; see \`myelin apply\``,
    { reason: "unfit_consumer" },
  );
}
