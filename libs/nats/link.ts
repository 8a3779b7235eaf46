import {
  connect,
  type MsgHdrs,
  type NatsConnection,
  type NodeConnectionOptions,
  type Subscription,
} from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { CallSignal, LinkState } from "../pipeline/index.ts";
import { fromNats } from "./errors.ts";
import { type Inbound, inbound } from "./message.ts";

/** Where to connect and as whom. */
export interface LinkOptions {
  /** URLs of the NATS servers. */
  readonly servers: readonly string[];
  /** Shown by `nats server report connections`. */
  readonly name: string;
  /** Everything else nats.js takes: TLS, authenticator, … */
  readonly nats?: Partial<NodeConnectionOptions>;
}

/** What an outgoing message may carry beside its payload. */
export interface Outbound {
  readonly reply?: string;
  /** A complete header block, `NATS/1.0` to the empty line. */
  readonly head?: Uint8Array;
}

/** A subscription that can be ended without losing what the server has sent already. */
export interface Listening {
  /** Tells the server to stop; resolves when all it had sent before has been handed over. */
  stop(): Promise<void>;
}

/**
 * One connection to the broker that never gives up by itself.
 *
 * Publishing while it is down throws `unavailable` at once: nats.js would drop the message silently.
 */
export class Link implements LinkState {
  readonly #nc: NatsConnection;
  readonly #downs = new Set<() => void>();
  readonly #ups = new Set<() => void>();
  #up = true;
  #closed = false;

  private constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  static async connect(options: LinkOptions): Promise<Link> {
    try {
      const nc = await connect({
        maxReconnectAttempts: -1,
        reconnectTimeWait: 200,
        reconnectJitter: 200,
        reconnectJitterTLS: 300,
        ignoreAuthErrorAbort: true,
        pingInterval: 10_000,
        noAsyncTraces: true,
        ...options.nats,
        servers: [...options.servers],
        name: options.name,
      });
      const link = new Link(nc);
      void link.#watch();
      return link;
    } catch (error) {
      throw fromNats(error, `connect to ${options.servers.join(", ")}`);
    }
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Most bytes of headers and payload together that the server takes in one message. */
  get maxPayload(): number {
    return this.#nc.info?.max_payload ?? 1_048_576;
  }

  publish(subject: string, payload: Uint8Array, out: Outbound = {}): void {
    if (!this.#up) throw this.#refusal(subject);
    const size = payload.length + (out.head?.length ?? 0);
    if (size > this.maxPayload) {
      throw new MeshError(
        MeshCode.PayloadTooLarge,
        `${subject}: ${size} bytes with headers, the server takes ${this.maxPayload}; send less, or a reference to it`,
      );
    }
    const { reply, head } = out;
    try {
      if (head === undefined)
        this.#nc.publish(subject, payload, reply === undefined ? {} : { reply });
      else {
        const headers = new HeadBlock(head) as unknown as MsgHdrs;
        this.#nc.publish(subject, payload, reply === undefined ? { headers } : { reply, headers });
      }
    } catch (error) {
      throw fromNats(error, `publish to ${subject}`);
    }
  }

  subscribe(subject: string, onMessage: (message: Inbound) => void, queue?: string): Listening {
    const sub = this.#nc.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, msg) => {
        // An error here is a permissions violation; the status stream reports it as well.
        if (error === null) onMessage(inbound(msg));
      },
    });
    return { stop: () => stop(sub) };
  }

  /** Hears that the connection was lost: everything in flight has an unknown fate. */
  onDown(listener: () => void): () => void {
    this.#downs.add(listener);
    return () => this.#downs.delete(listener);
  }

  /** Hears that it is back, with all subscriptions. */
  onUp(listener: () => void): () => void {
    this.#ups.add(listener);
    return () => this.#ups.delete(listener);
  }

  whenUp(signal: CallSignal): Promise<void> {
    if (this.#up) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const unhear = this.onUp(() => {
        unhear();
        signal.offEnd(onEnd);
        resolve();
      });
      const onEnd = (reason: MeshError): void => {
        unhear();
        reject(reason);
      };
      signal.onEnd(onEnd);
    });
  }

  /** Resolves when the server has taken everything published so far. */
  async flush(): Promise<void> {
    try {
      await this.#nc.flush();
    } catch (error) {
      throw fromNats(error, "flush");
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    await this.#nc.close();
  }

  async #watch(): Promise<void> {
    for await (const status of this.#nc.status()) {
      if (status.type === "disconnect") this.#turn(false);
      else if (status.type === "reconnect") this.#turn(true);
    }
  }

  #turn(up: boolean): void {
    if (this.#closed || this.#up === up) return;
    this.#up = up;
    for (const listener of up ? [...this.#ups] : [...this.#downs]) listener();
  }

  #refusal(subject: string): MeshError {
    if (this.#closed)
      return new MeshError(MeshCode.Closed, `${subject}: this connection was closed`);
    return new MeshError(
      MeshCode.Unavailable,
      `${subject}: the connection to the broker is down, reconnecting`,
    );
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

async function stop(sub: Subscription): Promise<void> {
  try {
    await sub.drain();
  } catch {
    // The connection is closed or down: the server has forgotten the subscription already.
  }
}
