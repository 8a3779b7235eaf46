import type { StoreName, storeApi } from "@myelin/subjects";
import { z } from "zod";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { jsonValue } from "../json.ts";
import { everyConsumer, whyDown } from "./answers.ts";
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
const refusal = z.object({
  error: z.object({ description: z.string().default(""), err_code: z.number().default(0) }),
});

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
  return everyConsumer(async (offset) => {
    const said = jsonValue(await door.ask(api.consumerList(stream), JSON.stringify({ offset })));
    const refused = refusal.safeParse(said).data;
    const read = page.safeParse(said);
    // Of a stream that is not there the server sends an empty page beside the error.
    if (read.success && refused === undefined) return read.data;
    const { description, err_code = 0 } = refused?.error ?? {};
    const why = description ?? "no answer of a streams' API";
    const next = whyDown(err_code) ?? "`myelin apply` makes it";
    const detail = `${stream} cannot be looked at: ${why}; ${next}`;
    throw new MeshError(MeshCode.Unavailable, detail, { origin: "peer" });
  });
}
