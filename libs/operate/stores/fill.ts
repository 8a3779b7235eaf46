import { ownStoreApi } from "@myelin/subjects";
import { z } from "zod";
import type { StreamFill } from "../../telemetry/index.ts";
import { jsonValue } from "../json.ts";
import { everyPage, isRefused, unseen } from "./answers.ts";
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
export function readFills(door: StoreDoor): Promise<readonly FilledStream[]> {
  return everyPage(async (offset) => {
    const said = jsonValue(await door.ask(ownStoreApi.streamList, JSON.stringify({ offset })));
    const read = page.safeParse(said);
    if (!read.success || isRefused(said)) throw unseen("the streams", said);
    return { total: read.data.total, items: read.data.streams?.map(fillOf) };
  });
}

function fillOf({ config, state }: z.output<typeof stream>): FilledStream {
  const { name, max_bytes } = config;
  const { bytes, messages, last_seq: last } = state;
  const maxBytes = max_bytes > 0 ? max_bytes : Number.POSITIVE_INFINITY;
  return { stream: name, bytes, maxBytes, messages, last };
}
