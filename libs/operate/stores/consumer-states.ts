import type { StoreName, storeApi } from "@myelin/subjects";
import { z } from "zod";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { jsonValue } from "../json.ts";
import type { StoreDoor } from "./door.ts";

const consumer = z.object({
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
    })
    .default({}),
});
const page = z.object({ total: z.number(), consumers: z.array(consumer).nullish() });
const refusal = z.object({ error: z.object({ description: z.string().default("") }) });

/** How far a consumer is, in the words of NATS's own API. */
export type ConsumerState = z.output<typeof consumer>;

/** Whom the consumers are asked of. */
export interface ConsumerAsking {
  readonly door: StoreDoor;
  readonly api: Pick<typeof storeApi, "consumerList">;
}

/** Every consumer of a stream; throws `unavailable` where there is no such stream. */
export async function consumerStates(
  { door, api }: ConsumerAsking,
  stream: StoreName,
): Promise<readonly ConsumerState[]> {
  const found: ConsumerState[] = [];
  for (let total = 1; found.length < total; ) {
    const said = jsonValue(
      await door.ask(api.consumerList(stream), JSON.stringify({ offset: found.length })),
    );
    const read = page.safeParse(said);
    if (!read.success) {
      const why = refusal.safeParse(said).data?.error.description ?? "no answer of a streams' API";
      const detail = `${stream} cannot be looked at: ${why}; \`myelin apply\` makes it`;
      throw new MeshError(MeshCode.Unavailable, detail, { origin: "peer" });
    }
    const consumers = read.data.consumers ?? [];
    if (consumers.length === 0) break;
    found.push(...consumers);
    total = read.data.total;
  }
  return found;
}
