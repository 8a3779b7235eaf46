import { MeshCode, MeshError } from "../errors/index.ts";
import type { Link } from "../nats/index.ts";
import type { Codec } from "../pipeline/index.ts";
import { json, type ReplyHeads } from "../wire/index.ts";

export interface ReplierParts {
  readonly link: Link;
  readonly heads: ReplyHeads;
  readonly load: () => number;
  readonly onRefused: (reason: string) => void;
}

const nothing = new Uint8Array(0);

/** Answers one request, once. */
export class Replier {
  readonly subject: string;
  readonly #parts: ReplierParts;
  #done = false;

  constructor(parts: ReplierParts, subject: string) {
    this.#parts = parts;
    this.subject = subject;
  }

  /** The header block of an answer now. */
  head(codec: Codec): string {
    return this.#parts.heads.answer(
      this.#parts.load(),
      codec === json ? undefined : codec.contentType,
    );
  }

  answer(value: unknown, codec: Codec): void {
    if (this.#done) return;
    const payload = codec.encode(value);
    this.#publish(payload, this.head(codec));
    this.#done = true;
  }

  /** Ends a stream of so many frames with an empty message, the field's sentinel. */
  finish(frames: number): void {
    if (this.#done) return;
    this.#done = true;
    this.#publish(nothing, this.#parts.heads.end(this.#parts.load(), frames));
  }

  /** The signal ended first. Who gave up itself waits for nothing. */
  end(reason: MeshError): void {
    if (reason.code !== MeshCode.Cancelled) this.fail(reason);
    this.#done = true;
  }

  fail(error: MeshError): void {
    if (this.#done) return;
    this.#done = true;
    try {
      this.#refuse(error);
    } catch (unfit) {
      this.#refuseBriefly(MeshError.from(unfit));
    }
  }

  #refuse(error: MeshError): void {
    const body = error.domain === undefined ? nothing : json.encode(error.domain);
    this.#publish(body, this.#parts.heads.error(this.#parts.load(), error));
  }

  /** The error's own data does not fit on the wire: the caller hears at least that, and need not guess. */
  #refuseBriefly(why: MeshError): void {
    try {
      this.#refuse(why);
    } catch {
      // The link is down: the caller learns it from its own link, or from a probe that finds nothing held.
      this.#parts.onRefused("reply_lost");
    }
  }

  #publish(payload: Uint8Array, head: string): void {
    this.#parts.link.publish(this.subject, payload, { head });
  }
}
