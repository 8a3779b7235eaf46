import type { NatsConnection } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";

/** What nats.js keeps inside: the bytes it writes next. */
interface Protocol {
  readonly outbound: { fill(bytes: Uint8Array): void };
  /** Writes them, when it is connected. */
  flushPending(): void;
  outMsgs: number;
  outBytes: number;
}

const slabBytes = 65_536;
/** Larger messages go by nats.js's own publish: copying them would cost more than it saves. */
const mostBytes = 16_384;
/** A burst goes out in parts of this, so that the far side works on the first while the next is written. */
const partBytes = 32_768;

/** Most that is held back while one connection follows another, some milliseconds; in bytes. */
const mostHeldBytes = 33_554_432;

/** A message on its way out. */
export interface Message {
  readonly subject: string;
  /** Empty when there is none. */
  readonly reply: string;
  /** A header block, one character a byte; empty when there is none. */
  readonly head: string;
  readonly payload: Uint8Array | string;
  /** Of head and payload, in bytes. */
  readonly size: number;
  /** Whether it goes at the end of this turn of the event loop, not at once. */
  readonly mayWait: boolean;
}

/**
 * Writes messages one after the other into one buffer and hands them over together, once per turn of the microtasks.
 *
 * nats.js encodes and concatenates each message by itself, which costs caller and agent 4 µs a call between them,
 * a tenth of all. Where nats.js is not as known inside, nothing is written here and its own publish is used.
 */
export class Outbox {
  #nc: NatsConnection;
  #protocol: Protocol | undefined;
  /** What is held back: bytes, and messages that go another way. */
  #held: (Uint8Array | ((nc: NatsConnection) => void))[] | undefined;
  #heldBytes = 0;
  readonly #mayWrite: () => boolean;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  /** What has been handed over, and what has been written. */
  #from = 0;
  #used = 0;
  /** Whether it is handed over with the microtasks, or at the end of the turn. */
  #isDue = false;
  #isDueLater = false;

  constructor(nc: NatsConnection, mayWrite: () => boolean) {
    this.#nc = nc;
    this.#protocol = protocolOf(nc);
    this.#mayWrite = mayWrite;
  }

  /** Takes a message; false when it must go another way. */
  write({ subject, reply, head, payload, size, mayWait }: Message): boolean {
    const protocol = this.#protocol;
    const most = size + subject.length + reply.length + frameBytes;
    if (protocol === undefined || most > mostBytes) return false;
    // A space or a line's end would begin something else on the wire, also one that a wider character's low byte is;
    // nats.js refuses it by name.
    if (gap.test(subject) || gap.test(reply)) return false;
    if (this.#used + most > slabBytes) this.#turnOver();
    const to = reply === "" ? subject : `${subject} ${reply}`;
    const verb =
      head === "" ? `PUB ${to} ${size}\r\n` : `HPUB ${to} ${head.length} ${size}\r\n${head}`;
    this.#put(verb, payload, size - head.length);
    protocol.outMsgs++;
    protocol.outBytes += size;
    this.#schedule(mayWait);
    return true;
  }

  /** Text of as many bytes as characters is ASCII, and goes in one piece with what stands before it. */
  #put(verb: string, payload: Uint8Array | string, bytes: number): void {
    if (typeof payload === "string" && payload.length === bytes) {
      this.#used += this.#slab.write(`${verb}${payload}\r\n`, this.#used, "latin1");
      return;
    }
    let at = this.#used + this.#slab.write(verb, this.#used, "latin1");
    if (typeof payload === "string") this.#slab.write(payload, at, "utf8");
    else this.#slab.set(payload, at);
    at += bytes;
    this.#slab[at++] = 13;
    this.#slab[at++] = 10;
    this.#used = at;
  }

  /** Hands over what was written. Whatever goes another way must call it first, to stay in order. */
  flush(): void {
    if (this.#used === this.#from) return;
    const written = this.#slab.subarray(this.#from, this.#used);
    this.#from = this.#used;
    if (this.#held !== undefined) {
      this.#held.push(written);
      this.#heldBytes += written.length;
      return;
    }
    // What was written for a connection that is gone must not reach the next one.
    if (this.#protocol === undefined || !this.#mayWrite()) return;
    this.#protocol.outbound.fill(written);
    this.#protocol.flushPending();
  }

  /** Sends what was not taken by `write`, after everything that was. */
  pass(bytes: number, send: (nc: NatsConnection) => void): void {
    this.flush();
    if (this.#held === undefined) return send(this.#nc);
    this.#checkRoom();
    this.#held.push(send);
    this.#heldBytes += bytes;
  }

  /** Hands over nothing from now on, until it is released. */
  hold(): void {
    this.flush();
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Hands over what was held back to this connection, and everything that follows. */
  release(nc: NatsConnection): void {
    this.flush();
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#nc = nc;
    this.#protocol = protocolOf(nc);
    if (!this.#mayWrite()) return;
    for (const one of held) {
      if (typeof one === "function") one(nc);
      else this.#protocol?.outbound.fill(one);
    }
    this.#protocol?.flushPending();
  }

  #checkRoom(): void {
    if (this.#heldBytes <= mostHeldBytes) return;
    throw new MeshError(
      MeshCode.Unavailable,
      `${this.#heldBytes} bytes wait for a change of connection, the limit is ${mostHeldBytes}`,
    );
  }

  /**
   * A message goes with the microtasks, for it may be awaited. One that may wait goes at the end of the turn of the
   * event loop: between the frames of a stream microtasks run, and each would be a write of its own.
   */
  #schedule(mayWait: boolean): void {
    if (this.#used - this.#from >= partBytes) this.flush();
    else if (mayWait) {
      if (this.#isDueLater) return;
      this.#isDueLater = true;
      process.nextTick(this.#onTick);
    } else if (!this.#isDue) {
      this.#isDue = true;
      // Not queueMicrotask: it makes an async resource for each.
      void atOnce.then(this.#onMicrotask);
    }
  }

  readonly #onMicrotask = (): void => {
    this.#isDue = false;
    this.flush();
  };

  readonly #onTick = (): void => {
    this.#isDueLater = false;
    this.flush();
  };

  /** The old slab lives as long as the socket has it. */
  #turnOver(): void {
    this.flush();
    if (this.#held !== undefined) this.#checkRoom();
    this.#slab = Buffer.allocUnsafeSlow(slabBytes);
    this.#from = 0;
    this.#used = 0;
  }
}

const atOnce = Promise.resolve();

const gap = /[^!-~]/;

/** `HPUB`, spaces, two lengths and line ends. */
const frameBytes = 48;

function protocolOf(nc: NatsConnection): Protocol | undefined {
  const { protocol } = nc as unknown as { readonly protocol?: Partial<Protocol> };
  const isKnown =
    typeof protocol?.outbound?.fill === "function" &&
    typeof protocol.flushPending === "function" &&
    typeof protocol.outMsgs === "number";
  return isKnown ? (protocol as Protocol) : undefined;
}
