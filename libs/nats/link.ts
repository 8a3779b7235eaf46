import { MeshCode, MeshError } from "../errors/index.ts";
import type { Credentials } from "../identity/index.ts";
import type { CallSignal, LinkState } from "../pipeline/index.ts";
import { bounded } from "./bounded.ts";
import { type Connection, Connections } from "./connections.ts";
import { Denials, type DeniedListener } from "./denials.ts";
import { dial } from "./dial.ts";
import { fromNats } from "./errors.ts";
import { type Lifetime, lifetimesOf } from "./expiry.ts";
import type { Listening } from "./listening.ts";
import type { Inbound } from "./message.ts";
import type { Mover } from "./mover.ts";
import { type LinkOptions, natsOptions, userOf } from "./options.ts";
import { type Reports, reportsTo } from "./reports.ts";
import { Rotation } from "./rotation.ts";
import { secretsSource } from "./secrets.ts";
import { type Outbound, send } from "./sending.ts";
import type { UpState } from "./up-state.ts";

/** What the server takes when it has not said; its own default. */
const usualPayload = 1_048_576;

/** How long `close()` waits for the server to have taken everything, in milliseconds. */
const closeWithinMs = 1_000;

/**
 * One connection to the broker that never gives up by itself. When its credentials or certificates are replaced,
 * another takes its place and nothing is lost.
 *
 * Publishing while it is down throws `unavailable` at once: nats.js would drop the message silently.
 */
export class Link implements LinkState, AsyncDisposable {
  readonly #connections: Connections;
  readonly #state: UpState;
  readonly #rotation: Rotation;
  readonly #denials: Denials;
  #closing: Promise<void> | undefined;

  private constructor(first: Connection, options: LinkOptions, reports: Reports) {
    this.#denials = new Denials(reports.trouble);
    this.#connections = new Connections(first, {
      user: userOf(options),
      onTrouble: reports.trouble,
      onLeaving: () => void this.#rotation.moveAway(),
      onSaid: (thrown) => this.#rotation.refused(thrown),
      onDenied: this.#denials.tell,
    });
    this.#state = this.#connections.state;
    this.#rotation = new Rotation(this.#connections, { options, ...reports });
    // What is allowed may be something else by now.
    this.onUp(() => this.#denials.forget());
    this.onCredentials(() => this.#denials.forget());
  }

  /** Connects; a broker that is not there is an error unless `waitForBrokerMs` says otherwise. */
  static async connect(options: LinkOptions): Promise<Link> {
    const reports = reportsTo(options);
    const { credentials, tls } = options;
    const source = secretsSource({ credentials, tls, user: userOf(options) });
    const held = { secrets: await source.read(), refusals: 0 };
    const nc = await dial(options, natsOptions(options, { onTrouble: reports.trouble, held }));
    return new Link({ nc, held }, options, reports);
  }

  get isUp(): boolean {
    return this.#state.isUp;
  }

  get backAt(): number {
    return this.#state.backAt;
  }

  /** Whether messages come over two connections now, in no order between the two. */
  get isMoving(): boolean {
    return this.#connections.isMoving;
  }

  /** Why it is down, in a line for people; undefined while it is up. */
  get whyDown(): string | undefined {
    return this.isUp ? undefined : this.#rotation.whyDown;
  }

  /** What it logs in with now; undefined where `credentials` were not given. */
  get credentials(): Credentials | undefined {
    return this.#connections.current.held.secrets.credentials;
  }

  /** When what it logs in with begins and ends, as far as it does. */
  get lifetimes(): readonly Lifetime[] {
    return lifetimesOf(this.#connections.current.held.secrets);
  }

  /** The operator's JWT that lies beside the credentials; undefined where there is none. */
  get operatorJwt(): string | undefined {
    return this.#connections.current.held.secrets.operatorJwt;
  }

  /** The version of the server it is connected to, as the server says. */
  get serverVersion(): string {
    return this.#connections.current.nc.info?.version ?? "";
  }

  /** Most bytes of headers and payload together that the server takes in one message. */
  get maxPayload(): number {
    return this.#connections.current.nc.info?.max_payload ?? usualPayload;
  }

  /** Hands over a message; a payload that is text goes as UTF-8. */
  publish(subject: string, payload: Uint8Array | string, out: Outbound = {}): void {
    if (!this.#state.isUp) throw this.#refusal(subject);
    const { reply, head } = out;
    const size = Buffer.byteLength(payload) + (head?.length ?? 0);
    if (size > this.maxPayload) throw tooLarge(subject, size, this.maxPayload);
    const { mayWait = false } = out;
    const { outbox } = this.#connections;
    const message = { subject, reply: reply ?? "", head: head ?? "", payload, size, mayWait };
    if (outbox.write(message)) return;
    try {
      outbox.pass(size, (nc) => send(nc, subject, payload, out));
    } catch (error) {
      throw fromNats(error, `publish to ${subject}`);
    }
  }

  /** Hears a subject from now on; while the link is down, from when it is back. */
  subscribe(subject: string, onMessage: (message: Inbound) => void, queue?: string): Listening {
    try {
      return this.#connections.hear(subject, onMessage, queue);
    } catch (error) {
      throw fromNats(error, `subscribe to ${subject}`);
    }
  }

  /** Takes who hears over one connection only, and is told when another follows it. */
  take(mover: Mover): void {
    try {
      this.#connections.take(mover);
    } catch (error) {
      throw fromNats(error, "subscribe");
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
  onDenied(listener: DeniedListener): () => void {
    return this.#denials.on(listener);
  }

  /** Hears that other credentials are used from now on. */
  onCredentials(listener: () => void): () => void {
    return this.#rotation.onTaken(listener);
  }

  /** Reads credentials and certificates again and takes them up, as it does by itself when their files change. */
  renew(): Promise<void> {
    return this.#rotation.renew();
  }

  whenUp(signal: CallSignal): Promise<void> {
    return this.#state.whenUp(signal);
  }

  /** Resolves when the server has taken everything published so far. */
  async flush(timeoutMs = 5_000): Promise<void> {
    if (!this.isUp) throw this.#refusal("flush");
    await this.#connections.settled;
    const { outbox, current } = this.#connections;
    outbox.flush();
    let unhear = (): void => {};
    const lost = new Promise<never>((_, reject) => {
      unhear = this.onDown(() => reject(this.#refusal("flush")));
    });
    try {
      const { inTime } = await bounded(Promise.race([current.nc.flush(), lost]), timeoutMs);
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
    this.#rotation.stop();
    await this.#connections.settled.catch(() => {});
    const { outbox, current } = this.#connections;
    outbox.flush();
    const flushed = this.isUp ? current.nc.flush() : Promise.resolve();
    this.#state.end(new MeshError(MeshCode.Closed, "this connection was closed"));
    // What cannot be flushed is lost with a connection that is lost already.
    await bounded(
      flushed.catch(() => {}),
      closeWithinMs,
    );
    await this.#connections.close();
  }

  #refusal(what: string): MeshError {
    if (this.#closing !== undefined || this.#connections.current.nc.isClosed())
      return new MeshError(MeshCode.Closed, `${what}: this connection was closed`);
    return new MeshError(MeshCode.Unavailable, `${what}: ${this.#rotation.whyDown}`);
  }
}

function tooLarge(subject: string, size: number, limit: number): MeshError {
  return new MeshError(
    MeshCode.PayloadTooLarge,
    `${subject}: ${size} bytes with headers, the server takes ${limit}; send less, or a reference to it`,
  );
}
