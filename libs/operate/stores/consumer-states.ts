import type { StoreName, storeApi } from "@myelin/subjects";
import { z } from "zod";
import { jsonValue } from "../json.ts";
import { everyPage, isRefused, unseen } from "./answers.ts";
import type { StoreDoor } from "./door.ts";

const facts = z.object({
  name: z.string(),
  num_pending: z.number().default(0),
  num_ack_pending: z.number().default(0),
  num_waiting: z.number().default(0),
  delivered: z.object({ stream_seq: z.number() }).default({ stream_seq: 0 }),
  ack_floor: z.object({ stream_seq: z.number() }).default({ stream_seq: 0 }),
  config: z
    .object({
      filter_subject: z.string().optional(),
      filter_subjects: z.array(z.string()).optional(),
      durable_name: z.string().optional(),
    })
    .default({}),
});
// Of a stream that is offline the server leaves the name out, but for the configuration's.
const consumer = facts.transform((one) => ({
  ...one,
  name: one.name === "" ? (one.config.durable_name ?? "") : one.name,
}));
const page = z.object({ total: z.number(), consumers: z.array(consumer).nullish() });

/** How far a consumer is, in the words of NATS's own API. */
export type ConsumerState = z.output<typeof consumer>;

/** Whom the consumers are asked of. */
export interface ConsumerAsking {
  readonly door: StoreDoor;
  readonly api: Pick<typeof storeApi, "consumerList">;
}

/** Every consumer of a stream; throws `unavailable` where there is no such stream. */
export function consumerStates(
  { door, api }: ConsumerAsking,
  stream: StoreName,
): Promise<readonly ConsumerState[]> {
  return everyPage(async (offset) => {
    const said = jsonValue(await door.ask(api.consumerList(stream), JSON.stringify({ offset })));
    const read = page.safeParse(said);
    // Of a stream that is not there the server sends an empty page beside the error.
    if (read.success && !isRefused(said)) {
      return { total: read.data.total, items: read.data.consumers };
    }
    throw unseen(stream, said);
  });
}
