import type { Inbound, Link, Outbound } from "../nats/index.ts";
import type { Operation } from "../pipeline/index.ts";

/** Copies calls as they cross, where recording is on. */
export interface Recorder {
  /** Whether some calls are copied now. */
  readonly isOn: boolean;
  /** Begins the copy of a call; undefined for one that is not in the share. */
  record(message: Inbound, streams: boolean): Tape | undefined;
}

/** Takes what is sent in answer to one call. */
export interface Tape {
  sent(head: string, payload: Uint8Array | string): void;
}

/** What an answer goes out by. */
export type ReplyLink = Pick<Link, "publish" | "isUp" | "flush" | "onDown">;

/** What a call that is recorded is answered with: the same, but for a link that is taped. */
export function recordedWay<
  Parts extends { readonly link: ReplyLink; readonly recorder?: Recorder | undefined },
>(
  parts: Parts,
  message: Inbound,
  { operation }: { readonly operation: Operation | undefined },
): Parts | (Omit<Parts, "link"> & { readonly link: ReplyLink }) {
  const tape = parts.recorder?.record(message, operation?.streams === true);
  return tape === undefined ? parts : { ...parts, link: new TapedLink(parts.link, tape) };
}

/** A link that copies what goes out by it, once that has gone. */
class TapedLink implements ReplyLink {
  readonly #link: ReplyLink;
  readonly #tape: Tape;

  constructor(link: ReplyLink, tape: Tape) {
    this.#link = link;
    this.#tape = tape;
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  publish(subject: string, payload: Uint8Array | string, out: Outbound = {}): void {
    this.#link.publish(subject, payload, out);
    this.#tape.sent(out.head ?? "", payload);
  }

  flush(timeoutMs?: number): Promise<void> {
    return this.#link.flush(timeoutMs);
  }

  onDown(listener: () => void): () => void {
    return this.#link.onDown(listener);
  }
}
