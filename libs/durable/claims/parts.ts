import { createHash, type Hash } from "node:crypto";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import { type Clock, pause, type Stop } from "../../pipeline/index.ts";
import { leastPartBytes } from "../../wire/index.ts";
import type { Headers, StoreAccess } from "../stored/store.ts";
import { askAgain } from "../stored/storing.ts";

export interface PartsParts {
  readonly link: Pick<Link, "isUp" | "maxPayload">;
  readonly store: StoreAccess;
  readonly clock: Clock;
}

/** Where something in parts lies. */
export interface Place {
  readonly stream: string;
  /** The subject of one part, counted from 0. */
  readonly subject: (part: number) => string;
  /** For messages: what lies there. */
  readonly what: string;
}

/** What lies there, as whoever wrote it says. */
export interface Measure {
  readonly bytes: number;
  readonly partBytes: number;
  readonly sha256: string;
}

/** How something is written. */
export interface Writing {
  readonly headers: Headers;
  readonly signal: Stop | undefined;
  /** Default: as much as the server takes. */
  readonly partBytes?: number | undefined;
}

/** Parts of one thing that are under way at once. */
const atOnce = 6;
/** A part is no larger than this, however much the server takes in one message. */
const mostPartBytes = 524_288;
/** Room for the headers of a part. */
const headBytes = 512;
/** How often a part is looked for that is not there: a replica may be behind what another has told. */
const looks = 6;
const firstLookMs = 25;

/** Writes and reads what is too large for one message, part by part. */
export class Parts {
  readonly #parts: PartsParts;

  constructor(parts: PartsParts) {
    this.#parts = parts;
  }

  /** How large a part is that the server takes now. */
  get partBytes(): number {
    return Math.min(mostPartBytes, this.#parts.link.maxPayload - headBytes);
  }

  /** Resolves when every part is stored, with what to find it again by. */
  async write(
    place: Place,
    body: Uint8Array,
    { headers, signal, partBytes = this.partBytes }: Writing,
  ): Promise<Measure> {
    if (partBytes < leastPartBytes) throw tooNarrow(this.#parts.link.maxPayload);
    const { store } = this.#parts;
    const digest = createHash("sha256");
    await inTurn(Math.ceil(body.length / partBytes), signal, (part) => {
      const payload = body.subarray(part * partBytes, (part + 1) * partBytes);
      // Parts begin in their order, so their bytes are digested in it.
      digest.update(payload);
      const subject = place.subject(part);
      return askAgain(this.#parts, (waitMs) => store.put({ subject, payload, headers }, waitMs));
    });
    return { bytes: body.length, partBytes, sha256: digest.digest("base64url") };
  }

  /** Resolves with the whole; throws `malformed_payload` when it is not there, or is something else. */
  async read(place: Place, measure: Measure, signal: Stop | undefined): Promise<Uint8Array> {
    const { bytes, partBytes, sha256 } = measure;
    const count = Math.ceil(bytes / partBytes);
    let whole: Buffer | undefined;
    await inTurn(count, signal, async (part) => {
      const found = await this.#find(place, part, signal);
      const expected = Math.min(partBytes, bytes - part * partBytes);
      if (found.length !== expected) {
        throw lost(place, measure, `part ${part} has ${found.length} bytes, not ${expected}`);
      }
      // Not before the first one is there: whoever claims much would have us take as much for nothing.
      whole ??= Buffer.allocUnsafe(bytes);
      whole.set(found, part * partBytes);
    });
    whole ??= Buffer.alloc(0);
    const digest = await digestOf(whole);
    if (digest !== sha256) throw lost(place, measure, "its digest is another");
    return whole;
  }

  /** Takes the content away and leaves empty parts: who writes may not delete. */
  async empty(place: Place, count: number): Promise<void> {
    const { store } = this.#parts;
    await inTurn(count, undefined, (part) => {
      const subject = place.subject(part);
      return askAgain(this.#parts, (waitMs) =>
        store.put({ subject, payload: "", headers: [] }, waitMs),
      );
    });
  }

  async #find(place: Place, part: number, signal: Stop | undefined): Promise<Uint8Array> {
    const { store, clock } = this.#parts;
    const subject = place.subject(part);
    for (let look = 0; ; look++) {
      const found = await askAgain(this.#parts, (waitMs) =>
        store.last(place.stream, subject, waitMs),
      );
      if (found !== undefined) return found.payload;
      if (look === looks) {
        const detail = `${place.what} is not in the store: it has expired, or was removed (${subject})`;
        throw new MeshError(MeshCode.MalformedPayload, detail);
      }
      await pause(clock, firstLookMs * 2 ** look);
      signal?.throwIfEnded();
    }
  }
}

/** Does each step, a few at once and begun in order; throws the first failure, or the signal's reason at once. */
async function inTurn(
  count: number,
  signal: Stop | undefined,
  step: (at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  let isOver = false;
  let onEnd = (_reason: MeshError): void => {};
  const ended = new Promise<never>((_resolve, reject) => {
    onEnd = reject;
    signal?.onEnd(reject);
  });
  const worker = async (): Promise<void> => {
    while (next < count && !isOver) await step(next++);
  };
  try {
    await Promise.race([
      Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker)),
      ended,
    ]);
  } finally {
    isOver = true;
    signal?.offEnd(onEnd);
  }
}

/** A turn of the event loop between slices: calls go on meanwhile. */
export async function digestOf(whole: Uint8Array): Promise<string> {
  const digest: Hash = createHash("sha256");
  for (let at = 0; at < whole.length; at += sliceBytes) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    digest.update(whole.subarray(at, at + sliceBytes));
  }
  return digest.digest("base64url");
}

const sliceBytes = 4_194_304;

function tooNarrow(maxPayload: number): MeshError {
  const detail = `the server takes ${maxPayload} bytes in a message, too few for parts of a larger one`;
  return new MeshError(MeshCode.PayloadTooLarge, detail);
}

function lost({ what }: Place, { bytes }: Measure, why: string): MeshError {
  return new MeshError(
    MeshCode.MalformedPayload,
    `${what}, of ${bytes} bytes, cannot be used: ${why}`,
  );
}
