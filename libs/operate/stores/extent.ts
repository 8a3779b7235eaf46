import { ownStoreApi, type StoreName } from "@myelin/subjects";
import { z } from "zod";
import { jsonValue, readJson } from "../json.ts";
import { unseen } from "./answers.ts";
import type { StoreDoor } from "./door.ts";

/** What a stream holds, and most that it may. */
export interface Extent {
  /** Sequence of the oldest message. */
  readonly first: number;
  /** The last sequence that was given to a message, which may be gone. */
  readonly last: number;
  /** How much of its bytes are used, from 0 to 1. */
  readonly share: number;
  /** Infinity where messages have no age. */
  readonly maxAgeSeconds: number;
}

/** Who asks of a stream, and where its API is for that login. */
export interface ExtentReader {
  readonly door: StoreDoor;
  /** Default: as in the store account. */
  readonly api?: Pick<typeof ownStoreApi, "streamInfo">;
}

const info = z.object({
  config: z.object({ max_bytes: z.number().default(-1), max_age: z.number().default(0) }),
  state: z.object({ bytes: z.number(), first_seq: z.number(), last_seq: z.number() }),
});

/** Throws `unavailable` where there is no such stream. */
export async function readExtent(
  stream: StoreName,
  { door, api = ownStoreApi }: ExtentReader,
): Promise<Extent> {
  const said = await door.ask(api.streamInfo(stream));
  const read = readJson(said, info);
  if (read === undefined) throw unseen(stream, jsonValue(said));
  const { config, state } = read;
  return {
    ...{ first: state.first_seq, last: state.last_seq },
    share: config.max_bytes > 0 ? state.bytes / config.max_bytes : 0,
    maxAgeSeconds: config.max_age > 0 ? config.max_age / 1e9 : Number.POSITIVE_INFINITY,
  };
}
