import { ownStoreApi } from "@myelin/subjects";
import { z } from "zod";
import type { StreamFill } from "../../telemetry/index.ts";
import { jsonValue } from "../json.ts";
import { isRefused, unseen } from "./answers.ts";
import type { StoreDoor } from "./door.ts";

/** A stream, how full it is, and what tells whether something in it has changed. */
export interface FilledStream extends StreamFill {
  readonly messages: number;
  readonly last: number;
}

const stream = z.object({
  config: z.object({ name: z.string(), max_bytes: z.number().default(-1) }),
  state: z.object({ bytes: z.number(), messages: z.number(), last_seq: z.number() }),
});
const page = z.object({ total: z.number(), streams: z.array(stream).nullish() });

/** Every stream of the store account, in the order of names. */
export async function readFills(door: StoreDoor): Promise<readonly FilledStream[]> {
  const found: FilledStream[] = [];
  for (let total = 1; found.length < total; ) {
    const question = JSON.stringify({ offset: found.length });
    const said = jsonValue(await door.ask(ownStoreApi.streamList, question));
    const read = page.safeParse(said);
    if (!read.success || isRefused(said)) throw unseen("the streams", said);
    const streams = read.data.streams ?? [];
    if (streams.length === 0) break;
    found.push(...streams.map(fillOf));
    total = read.data.total;
  }
  return found;
}

function fillOf({ config, state }: z.output<typeof stream>): FilledStream {
  const { name, max_bytes } = config;
  const { bytes, messages, last_seq: last } = state;
  const maxBytes = max_bytes > 0 ? max_bytes : Number.POSITIVE_INFINITY;
  return { stream: name, bytes, maxBytes, messages, last };
}
