import { ownStoreApi, type StoreName } from "@myelin/subjects";
import { z } from "zod";
import { jsonValue } from "../json.ts";
import { unseen } from "./answers.ts";
import type { StoreDoor } from "./door.ts";

/** One message of a stream, as it lies there. */
export interface Stored {
  readonly subject: string;
  readonly sequence: number;
  readonly storedAt: Date;
  /** Header lines as they were sent, the status line first; empty where there are none. */
  readonly head: string;
  readonly payload: Uint8Array;
}

/** Which messages of a stream. */
export interface StoredOptions {
  /** The first sequence. Default: 1, the oldest that is left. */
  readonly from?: number;
  /** The subjects, with wildcards. Default: all. */
  readonly subject?: string;
  /** Where the stream's API is for this login. Default: as in the store account. */
  readonly api?: Pick<typeof ownStoreApi, "message">;
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

/** What the server says when there is no such message. */
const notFound = 10_037;

/** Reads a stream from one end to where it ends now, without a consumer: it takes nothing and leaves nothing. */
export async function* storedMessages(
  door: StoreDoor,
  stream: StoreName,
  options: StoredOptions = {},
): AsyncGenerator<Stored, void, undefined> {
  const { from = 1, subject = ">", api = ownStoreApi, signal } = options;
  for (let seq = from; ; ) {
    signal?.throwIfAborted();
    const text = await door.ask(
      api.message(stream),
      JSON.stringify({ seq, next_by_subj: subject }),
    );
    const stored = read(stream, text);
    if (stored === undefined) return;
    yield stored;
    seq = stored.sequence + 1;
  }
}

function read(stream: string, text: string): Stored | undefined {
  const answer = jsonValue(text);
  const found = said.safeParse(answer);
  if (!found.success) {
    const { data } = nothing.safeParse(answer);
    if (data?.error.err_code === notFound) return undefined;
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
