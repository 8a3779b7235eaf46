import { StoreHeader, type StoreName, storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Inbound } from "../../nats/index.ts";
import { field, needle, statusOf } from "../../wire/index.ts";
import type { AnswerBox } from "../answer-box.ts";
import type { Stored } from "./stored.ts";

/** One message of a stream, and of which. */
export interface StreamMessage extends Stored {
  readonly stream: StoreName;
}

/** Which messages of a stream are read. */
export interface Reading {
  readonly stream: StoreName;
  readonly filter: string;
  /** Stored then or later. Default: from the first. */
  readonly since?: Date | undefined;
  /** From this sequence on, where no time is said. Default: 1. */
  readonly from?: number;
  /** Where the stream's API is for this login. Default: as in the workspace. */
  readonly api?: Pick<typeof storeApi, "batch">;
  readonly signal?: AbortSignal | undefined;
}

/** Of one answer of the store: so many messages, and so many bytes, are in memory twice at most. */
const batch = 256;
const batchBytes = 2_097_152;
const silenceMs = 5_000;
const endOfBatch = 204;
const noMessage = 404;
const needles = {
  stream: needle(StoreHeader.stream),
  subject: needle(StoreHeader.subject),
  sequence: needle(StoreHeader.sequence),
  storedAt: needle(StoreHeader.storedAt),
};

/** Reads a stream from a place on to its end, in order; the next batch is under way while one is looked at. */
export async function* readStream(
  box: AnswerBox,
  reading: Reading,
): AsyncGenerator<StreamMessage, void> {
  const { since, from = 1 } = reading;
  let next = ask(box, reading, since === undefined ? { seq: from } : { start_time: since });
  try {
    for (;;) {
      const messages = await next;
      const last = messages.at(-1);
      if (last === undefined) return;
      next = ask(box, reading, { seq: last.sequence + 1 });
      // Whoever looks at these may be slow: that the next cannot be had is told when it is their turn.
      next.catch(() => {});
      yield* messages;
    }
  } finally {
    next.catch(() => {});
  }
}

type Place = { readonly seq: number } | { readonly start_time: Date };

async function ask(
  box: AnswerBox,
  { stream, filter, signal, api = storeApi }: Reading,
  place: Place,
): Promise<readonly StreamMessage[]> {
  const found: StreamMessage[] = [];
  const body = { ...place, next_by_subj: filter, batch, max_bytes: batchBytes };
  const asking = box.ask({
    ...{ subject: api.batch(stream), payload: JSON.stringify(body), silenceMs, signal },
    take: (message) => {
      const status = statusOf(message.head);
      if (status === endOfBatch || status === noMessage) return true;
      if (status !== 0) throw refused(stream, message.head);
      found.push(read(stream, message));
      return false;
    },
  });
  await asking.catch((error: unknown) => {
    throw unanswered(stream, MeshError.from(error));
  });
  return found;
}

/** The server's own headers come last, this one first of them: whoever published may have written the same before. */
function read(stream: StoreName, { head, payload }: Inbound): StreamMessage {
  const at = head.lastIndexOf(needles.stream);
  const told = at < 0 ? "" : head.slice(at);
  return {
    stream,
    sequence: Number(field(told, needles.sequence)),
    storedAt: new Date(field(told, needles.storedAt) ?? Number.NaN),
    subject: field(told, needles.subject) ?? "",
    head: at < 0 ? head : `${head.slice(0, at)}\r\n\r\n`,
    payload,
  };
}

/** Where a workspace has no such stream, nobody says so. */
function unanswered(stream: StoreName, error: MeshError): MeshError {
  const { code, detail } = error;
  if (code !== MeshCode.DeadlineExceeded && code !== MeshCode.Unavailable) return error;
  const why = `${detail}; is there a stream ${stream}? \`myelin apply\` makes it`;
  return new MeshError(MeshCode.Unavailable, why, { cause: error, reason: "no_stream" });
}

function refused(stream: StoreName, head: string): MeshError {
  const said = head.slice(0, head.indexOf("\r\n")).replace("NATS/1.0 ", "");
  return new MeshError(
    MeshCode.Unavailable,
    `${stream} cannot be read: ${said}; it takes nats-server 2.12 or newer`,
    { origin: "peer" },
  );
}
