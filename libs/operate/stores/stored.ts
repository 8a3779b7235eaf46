import { ownStoreApi, type StoreName } from "@myelin/subjects";
import { z } from "zod";
import { ErrCode, type StoredMessage } from "../../durable/index.ts";
import { gaveUp } from "../../pipeline/index.ts";
import { jsonValue } from "../json.ts";
import { unseen } from "./answers.ts";
import type { StoreDoor } from "./door.ts";
import { readExtent } from "./extent.ts";

/** One message of a stream, as it lies there. */
export interface Stored extends StoredMessage {
  readonly subject: string;
}

/** Which messages of a stream. */
export interface StoredOptions {
  /** The first sequence. Default: 1, the oldest that is left. */
  readonly from?: number;
  /** The last sequence. Default: the last that is there when the reading begins. */
  readonly upTo?: number | undefined;
  /** The subjects, with wildcards. Default: all. */
  readonly subject?: string;
  /** Where the stream's API is for this login. Default: as in the store account. */
  readonly api?: Pick<typeof ownStoreApi, "message" | "streamInfo">;
  readonly signal?: AbortSignal | undefined;
}

const said = z.object({
  message: z.object({
    subject: z.string(),
    seq: z.number(),
    time: z.string(),
    hdrs: z.string().default(""),
    data: z.string().default(""),
  }),
});

const nothing = z.object({
  error: z.object({ err_code: z.number(), description: z.string().default("") }),
});

/**
 * Reads a stream to where it ends now, without a consumer: it takes nothing and leaves nothing. What is stored while
 * it is read is left out, so whoever writes for each message does not go on for ever.
 */
export async function* storedMessages(
  door: StoreDoor,
  stream: StoreName,
  options: StoredOptions = {},
): AsyncGenerator<Stored, void, undefined> {
  const { from = 1, subject = ">", api = ownStoreApi, signal } = options;
  const next = async (seq: number): Promise<Stored | undefined> => {
    if (signal?.aborted === true) throw gaveUp(`reading ${stream}`, signal);
    const question = JSON.stringify({ seq, next_by_subj: subject });
    return read(stream, await door.ask(api.message(stream), question));
  };
  const first = await next(from);
  if (first === undefined) return;
  // Asked before anybody sees the first one. Where that was stored just now, it is the end.
  const end =
    options.upTo ?? Math.max(first.sequence, (await readExtent(stream, { door, api })).last);
  for (let stored: Stored | undefined = first; stored !== undefined && stored.sequence <= end; ) {
    yield stored;
    stored = stored.sequence < end ? await next(stored.sequence + 1) : undefined;
  }
}

function read(stream: string, text: string): Stored | undefined {
  const answer = jsonValue(text);
  const found = said.safeParse(answer);
  if (!found.success) {
    const { data } = nothing.safeParse(answer);
    if (data?.error.err_code === ErrCode.NoMessageFound) return undefined;
    throw unseen(stream, answer);
  }
  const { subject, seq, time, hdrs, data } = found.data.message;
  return {
    ...{ subject, sequence: seq, storedAt: new Date(time) },
    // Latin-1, as everywhere: a byte is a character.
    head: Buffer.from(hdrs, "base64").toString("latin1"),
    payload: Buffer.from(data, "base64"),
  };
}
