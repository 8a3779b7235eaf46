import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Codec } from "../pipeline/index.ts";
import { json, payloadOf, type ReplyHeads } from "../wire/index.ts";
import type { Park } from "./parking.ts";
import type { ReplyLink } from "./recorder.ts";
import { closeWayBack } from "./way-back.ts";

export interface ReplierParts {
  readonly link: ReplyLink;
  readonly heads: ReplyHeads;
  readonly load: () => number;
  readonly onRefused: (reason: string) => void;
}

/** Callers who know the instance, and the load they were told last. */
export interface Told {
  readonly direct: boolean;
  /** Whether the server keeps a way back to another workspace open, until it is told that the reply is complete. */
  readonly isForeign?: boolean;
  toldLoad: number;
}

const nothing = new Uint8Array(0);

/** Answers one request, once. */
export class Replier {
  readonly subject: string;
  readonly #parts: ReplierParts;
  readonly #told: Told | undefined;
  #done = false;
  #unsent: Uint8Array | string = nothing;

  /** `told` is what those who ask like this know of the load; without it every answer says. */
  constructor(parts: ReplierParts, subject: string, told?: Told) {
    this.#parts = parts;
    this.subject = subject;
    this.#told = told;
  }

  /** What the answer goes out by. */
  get link(): ReplyLink {
    return this.#parts.link;
  }

  /** The header block of an answer now. */
  head(codec: Codec): string {
    return this.#parts.heads.answer(
      this.#parts.load(),
      codec === json ? undefined : codec.contentType,
    );
  }

  /** The header block of an answer whose payload lies in the store. */
  get claimHead(): string {
    return this.#parts.heads.answer(this.#parts.load(), ContentType.claim);
  }

  answer(value: unknown, codec: Codec): void {
    if (this.#done) return;
    const payload = payloadOf(codec, value);
    try {
      if (codec === json && !this.#hasNews()) this.#parts.link.publish(this.subject, payload);
      else this.#publish(payload, this.head(codec));
    } catch (error) {
      // A sealed answer is written once only: written again it would be the next frame.
      this.#unsent = payload;
      throw error;
    }
    this.#conclude();
  }

  /** Answers with a claim to what `answer` has just found too large. */
  async answerBy(park: Park, { contentType }: Codec): Promise<void> {
    const payload = this.#unsent;
    this.#unsent = nothing;
    const claim = await park(payload, contentType);
    // Meanwhile its deadline may have passed, or its caller may have left.
    if (this.#done) return;
    this.#publish(claim, this.claimHead);
    this.#conclude();
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
    this.#conclude();
  }

  /** The signal ended first. Who gave up itself waits for nothing. */
  end(reason: MeshError, hidden?: Codec): void {
    if (this.#done) return;
    if (reason.code === MeshCode.Cancelled) this.#conclude();
    else this.fail(reason, hidden);
  }

  /** `hidden` is what text and data of the error are written in, where nobody may read them on the way. */
  fail(error: MeshError, hidden?: Codec): void {
    if (this.#done) return;
    this.#done = true;
    try {
      if (hidden === undefined) this.#refuse(error);
      else this.#refuseSealed(error, hidden);
    } catch (unfit) {
      this.#refuseBriefly(MeshError.from(unfit));
    }
    this.#conclude();
  }

  #conclude(): void {
    this.#done = true;
    if (this.#told?.isForeign === true) closeWayBack(this.#parts.link, this.subject);
  }

  #refuse(error: MeshError): void {
    const body = error.domain === undefined ? nothing : json.encode(error.domain);
    this.#publish(body, this.#parts.heads.error(this.#parts.load(), error));
  }

  #refuseSealed({ code, detail, domain, retryAfterMs }: MeshError, hidden: Codec): void {
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    const shown = new MeshError(code, "its reason is sealed for the caller", options);
    const body = hidden.encode({ detail, domain });
    this.#publish(body, this.#parts.heads.error(this.#parts.load(), shown));
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
