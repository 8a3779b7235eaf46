import { MeshCode, MeshError } from "../errors/index.ts";
import type { Link } from "../nats/index.ts";
import type { Codec } from "../pipeline/index.ts";
import { json, payloadOf, type ReplyHeads } from "../wire/index.ts";

export interface ReplierParts {
  readonly link: Link;
  readonly heads: ReplyHeads;
  readonly load: () => number;
  readonly onRefused: (reason: string) => void;
}

/** Callers who know the instance, and the load they were told last. */
export interface Told {
  readonly direct: boolean;
  toldLoad: number;
}

const nothing = new Uint8Array(0);

/** Answers one request, once. */
export class Replier {
  readonly subject: string;
  readonly #parts: ReplierParts;
  readonly #told: Told | undefined;
  #done = false;

  /** `told` is what those who ask like this know of the load; without it every answer says. */
  constructor(parts: ReplierParts, subject: string, told?: Told) {
    this.#parts = parts;
    this.subject = subject;
    this.#told = told;
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
    const payload = payloadOf(codec, value);
    if (codec === json && !this.#hasNews()) this.#parts.link.publish(this.subject, payload);
    else this.#publish(payload, this.head(codec));
    this.#done = true;
  }

  /** Whether the load has moved by more than a quarter: a header costs caller, server and agent 2 µs together. */
  #hasNews(): boolean {
    const told = this.#told;
    if (told === undefined || !told.direct) return true;
    const load = this.#parts.load();
    if (4 * Math.abs(load - told.toldLoad) <= told.toldLoad) return false;
    told.toldLoad = load;
    return true;
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

  #publish(payload: Uint8Array | string, head: string): void {
    this.#parts.link.publish(this.subject, payload, { head });
  }
}
