import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { CallSignal, LinkState } from "../pipeline/index.ts";
import { bounded } from "./bounded.ts";
import { dial } from "./dial.ts";
import { type Denied, fromNats } from "./errors.ts";
import { cutOff } from "./inner.ts";
import { type Listening, listen } from "./listening.ts";
import type { Inbound } from "./message.ts";
import { type LinkOptions, natsOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { UpState } from "./up-state.ts";
import { watch } from "./watch.ts";

/** What an outgoing message may carry beside its payload. */
export interface Outbound {
  readonly reply?: string;
  /** A complete header block, `NATS/1.0` to the empty line, one character a byte. */
  readonly head?: string;
  /** Whether it may go a little later, with what follows it in this turn of the event loop. Default: false. */
  readonly mayWait?: boolean;
}

/** What the server takes when it has not said; its own default. */
const usualPayload = 1_048_576;

/** How long `close()` waits for the server to have taken everything, in milliseconds. */
const closeWithinMs = 1_000;

/**
 * One connection to the broker that never gives up by itself.
 *
 * Publishing while it is down throws `unavailable` at once: nats.js would drop the message silently.
 */
export class Link implements LinkState, AsyncDisposable {
  readonly #nc: NatsConnection;
  readonly #outbox: Outbox;
  readonly #state: UpState;
  readonly #trouble: (thrown: unknown) => void;
  readonly #denials = new Set<(denied: Denied) => void>();
  #closing: Promise<void> | undefined;

  private constructor(nc: NatsConnection, trouble: (thrown: unknown) => void) {
    this.#nc = nc;
    this.#trouble = trouble;
    this.#state = new UpState(trouble);
    this.#outbox = new Outbox(nc, () => this.#state.isUp);
  }

  /** Connects; a broker that is not there is an error unless `waitForBrokerMs` says otherwise. */
  static async connect(options: LinkOptions): Promise<Link> {
    const trouble = reporter(options.onTrouble);
    const nc = await dial(natsOptions(options, trouble), options.waitForBrokerMs ?? 0);
    const link = new Link(nc, trouble);
    void link.#watch();
    return link;
  }

  get isUp(): boolean {
    return this.#state.isUp;
  }

  /** Most bytes of headers and payload together that the server takes in one message. */
  get maxPayload(): number {
    return this.#nc.info?.max_payload ?? usualPayload;
  }

  /** Hands over a message; a payload that is text goes as UTF-8. */
  publish(subject: string, payload: Uint8Array | string, out: Outbound = {}): void {
    if (!this.#state.isUp) throw this.#refusal(subject);
    const { reply, head } = out;
    const size = Buffer.byteLength(payload) + (head?.length ?? 0);
    if (size > this.maxPayload) throw tooLarge(subject, size, this.maxPayload);
    const { mayWait = false } = out;
    const message = { subject, reply: reply ?? "", head: head ?? "", payload, size, mayWait };
    if (this.#outbox.write(message)) return;
    this.#outbox.flush();
    try {
      if (head === undefined)
        this.#nc.publish(subject, payload, reply === undefined ? {} : { reply });
      else {
        const headers = new HeadBlock(Buffer.from(head, "latin1")) as unknown as MsgHdrs;
        this.#nc.publish(subject, payload, reply === undefined ? { headers } : { reply, headers });
      }
    } catch (error) {
      throw fromNats(error, `publish to ${subject}`);
    }
  }

  /** Hears a subject from now on; while the link is down, from when it is back. */
  subscribe(subject: string, onMessage: (message: Inbound) => void, queue?: string): Listening {
    const surroundings = { nc: this.#nc, state: this.#state, onTrouble: this.#trouble };
    try {
      return listen(subject, onMessage, queue, surroundings);
    } catch (error) {
      throw fromNats(error, `subscribe to ${subject}`);
    }
  }

  /** Hears that the connection was lost: everything in flight has an unknown fate. */
  onDown(listener: () => void): () => void {
    return this.#state.onDown(listener);
  }

  /** Hears that it is back, with all subscriptions. */
  onUp(listener: () => void): () => void {
    return this.#state.onUp(listener);
  }

  /** Hears that the server refused a subject that was published to or subscribed. */
  onDenied(listener: (denied: Denied) => void): () => void {
    this.#denials.add(listener);
    return () => this.#denials.delete(listener);
  }

  whenUp(signal: CallSignal): Promise<void> {
    return this.#state.whenUp(signal);
  }

  /** Resolves when the server has taken everything published so far. */
  async flush(timeoutMs = 5_000): Promise<void> {
    if (!this.isUp) throw this.#refusal("flush");
    this.#outbox.flush();
    let unhear = (): void => {};
    const lost = new Promise<never>((_, reject) => {
      unhear = this.onDown(() => reject(this.#refusal("flush")));
    });
    try {
      const { inTime } = await bounded(Promise.race([this.#nc.flush(), lost]), timeoutMs);
      if (inTime) return;
    } catch (error) {
      throw fromNats(error, "flush");
    } finally {
      unhear();
    }
    const late = `flush: the server did not confirm within ${timeoutMs} ms`;
    throw new MeshError(MeshCode.DeadlineExceeded, late);
  }

  /** Ends it for good, after what was published is with the server, or a second later. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#outbox.flush();
    const flushed = this.isUp ? this.#nc.flush() : Promise.resolve();
    this.#state.end(new MeshError(MeshCode.Closed, "this connection was closed"));
    // What cannot be flushed is lost with a connection that is lost already.
    await bounded(
      flushed.catch(() => {}),
      closeWithinMs,
    );
    await this.#nc.close();
    // A dial that was under way would keep its socket.
    cutOff(this.#nc);
  }

  #watch(): Promise<void> {
    return watch(this.#nc, {
      up: () => this.#state.turn(true),
      down: () => this.#state.turn(false),
      trouble: this.#trouble,
      denied: (denied) => this.#deny(denied),
    });
  }

  #deny(denied: Denied): void {
    for (const listener of [...this.#denials]) {
      try {
        listener(denied);
      } catch (error) {
        this.#trouble(error);
      }
    }
    this.#trouble(denied.error);
  }

  #refusal(what: string): MeshError {
    if (this.#closing !== undefined || this.#nc.isClosed())
      return new MeshError(MeshCode.Closed, `${what}: this connection was closed`);
    const down = "the connection to the broker is down, reconnecting";
    return new MeshError(MeshCode.Unavailable, `${what}: ${down}`);
  }
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

function reporter(onTrouble: ((trouble: MeshError) => void) | undefined) {
  return (thrown: unknown): void => {
    try {
      onTrouble?.(MeshError.from(thrown));
    } catch {
      // The hook is the last place to report to; what it throws itself has nowhere to go.
    }
  };
}

function tooLarge(subject: string, size: number, limit: number): MeshError {
  return new MeshError(
    MeshCode.PayloadTooLarge,
    `${subject}: ${size} bytes with headers, the server takes ${limit}; send less, or a reference to it`,
  );
}
