import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";

/** What an outgoing message may carry beside its payload. */
export interface Outbound {
  readonly reply?: string;
  /** A complete header block, `NATS/1.0` to the empty line, one character a byte. */
  readonly head?: string;
  /** Whether it may go a little later, with what follows it in this turn of the event loop. Default: false. */
  readonly mayWait?: boolean;
}

/** By nats.js's own publish: what is too large to be copied. */
export function send(
  nc: NatsConnection,
  subject: string,
  payload: Uint8Array | string,
  { reply, head }: Outbound,
): void {
  const to = reply === undefined ? {} : { reply };
  if (head === undefined) return nc.publish(subject, payload, to);
  const headers = new HeadBlock(Buffer.from(head, "latin1")) as unknown as MsgHdrs;
  nc.publish(subject, payload, { ...to, headers });
}

/** A ready header block in the place of nats.js's headers object, of which publish calls only `encode`. */
class HeadBlock {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  encode(): Uint8Array {
    return this.#bytes;
  }
}
