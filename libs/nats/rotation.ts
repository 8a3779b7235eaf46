import { MeshCode, MeshError } from "../errors/index.ts";
import type { Connections } from "./connections.ts";
import { renewalOf } from "./credentials.ts";
import { dial } from "./dial.ts";
import { fromNats } from "./errors.ts";
import { Expiry, lifetimesOf } from "./expiry.ts";
import { watchFiles } from "./files.ts";
import { type LinkOptions, type Notice, natsOptions, userOf } from "./options.ts";
import { isSame, type Secrets, type SecretsSource, secretsSource } from "./secrets.ts";

export interface RotationParts {
  readonly options: LinkOptions;
  readonly trouble: (thrown: unknown) => void;
  readonly notice: (notice: Notice) => void;
}

/** Why credentials were turned away, and what of it was told. */
interface Refusal {
  readonly jwt: string | undefined;
  readonly error: MeshError;
  readonly told: Set<string>;
}

/** Those whose credentials are renewed together must not all come at once; in milliseconds. */
const takeUpWithinMs = 2_000;
/** A certificate and its key are two files: what does not fit is looked at again so much later, in milliseconds. */
const secondLookMs = 1_000;
/** Between the first attempts while the server cannot be reached for it, and between later ones, in milliseconds. */
const againMs = 5_000;
const mostAgainMs = 60_000;

/**
 * Takes up credentials and certificates that are replaced on disk, warns before they end, and knows why the server
 * does not take them.
 *
 * What cannot be read, or what the server refuses, is told, and the old ones stay in use.
 */
export class Rotation {
  readonly #connections: Connections;
  readonly #parts: RotationParts;
  readonly #user: string;
  readonly #source: SecretsSource;
  readonly #expiry: Expiry;
  readonly #listeners = new Set<() => void>();
  readonly #unwatch: () => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** What is on disk, as far as it can be read. */
  #latest: Secrets;
  /** What the server did not take. */
  #unfit: Secrets | undefined;
  /** What was told of files that cannot be read. */
  #broken: string | undefined;
  #turn: Promise<void> | undefined;
  /** Why the server turned these credentials away. */
  #refusal: Refusal | undefined;
  #isStopped = false;

  constructor(connections: Connections, parts: RotationParts) {
    this.#connections = connections;
    this.#parts = parts;
    const { options } = parts;
    this.#user = userOf(options);
    const { credentials, tls } = options;
    this.#source = secretsSource({ credentials, tls, user: this.#user });
    this.#latest = this.#used;
    this.#expiry = new Expiry(this.#user, (text) => this.#warnOfEnd(text));
    this.#expiry.follow(lifetimesOf(this.#used));
    this.#unwatch = watchFiles(this.#source.files, () => void this.#changed());
    connections.state.onUp(() => {
      this.#refusal = undefined;
      connections.current.held.refusals = 0;
    });
    connections.state.onDown(() => this.#useLatest());
  }

  /** Why the link is down, as far as it is known, and what to do. */
  get whyDown(): string {
    const { credentials } = this.#used;
    const renew = `${renewalOf(this.#user, this.#refusal?.error.reason)} makes new ones`;
    const end = credentials?.expiresAt;
    if (end !== undefined && end.getTime() <= Date.now())
      return `the credentials of ${this.#user} expired at ${end.toISOString()}; ${renew}`;
    if (this.#refusal !== undefined && this.#refusal.jwt === credentials?.jwt)
      return `the server refuses the credentials of ${this.#user}: ${this.#refusal.error.detail}; ${renew}`;
    return "the connection to the broker is down, reconnecting";
  }

  /** Hears that others are used. */
  onTaken(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The server said something on the connection that is used; here it matters when it is about the login. Answers
   * whether it is news: whoever is turned away is told the same several times a second.
   */
  refused(thrown: unknown): boolean {
    const error = fromNats(thrown, "the server said");
    if (error.code !== MeshCode.PermissionDenied) return true;
    const jwt = this.#used.credentials?.jwt;
    // Of a server that is asked again it only hears "authorization violation": the first reason stands.
    const known = this.#refusal?.jwt === jwt ? this.#refusal : undefined;
    const refusal = known ?? { jwt, error, told: new Set<string>() };
    this.#refusal = refusal;
    this.#connections.current.held.refusals++;
    this.#unfit = undefined;
    this.#useLatest();
    return refusal.told.size < refusal.told.add(error.detail).size;
  }

  /** Reads everything again and takes it up now; throws why that is not possible. */
  async renew(): Promise<void> {
    this.#latest = await this.#source.read();
    await this.#take();
  }

  /** The server is about to go: another connection, to another server, follows; or else nats.js goes there by itself. */
  async moveAway(): Promise<void> {
    const { nc } = this.#connections.current;
    const known = nc.getServers().map(({ listen }) => listen);
    const servers = known.filter((server) => server !== nc.getServer());
    const options = { ...this.#parts.options, servers };
    try {
      await this.#inTurn(() => this.#follow(this.#used, options));
    } catch (error) {
      this.#parts.trouble(error);
      if (!nc.isClosed()) await nc.reconnect();
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
    this.#expiry.stop();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  get #used(): Secrets {
    return this.#connections.current.held.secrets;
  }

  async #changed(look: "first" | "second" = "first"): Promise<void> {
    try {
      const read = await this.#source.read();
      this.#broken = undefined;
      if (this.#isStopped || isSame(read, this.#latest)) return;
      this.#latest = read;
    } catch (error) {
      if (this.#isStopped) return;
      const { message } = staying(error);
      if (look === "first") this.#later(secondLookMs, () => void this.#changed("second"));
      else if (message !== this.#broken) this.#parts.trouble(staying(error));
      if (look === "second") this.#broken = message;
      return;
    }
    if (this.#connections.state.isUp)
      this.#later(Math.random() * takeUpWithinMs, () => void this.#takeOrTell());
    else this.#useLatest();
  }

  /** Takes up what is on disk; what comes to nothing for want of a server is tried again, ever more rarely. */
  async #takeOrTell(tries = 1, told?: string): Promise<void> {
    const tried = this.#latest;
    try {
      await this.#take();
    } catch (thrown) {
      if (this.#isStopped || !this.#connections.state.isUp || tried !== this.#latest) return;
      const error = staying(thrown);
      if (error.message !== told) this.#parts.trouble(error);
      if (error.code === MeshCode.PermissionDenied || error.code === MeshCode.InvalidArgument) {
        this.#unfit = tried;
        return;
      }
      const delayMs = Math.min(mostAgainMs, againMs * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
      this.#later(delayMs, () => void this.#takeOrTell(tries + 1, error.message));
    }
  }

  async #take(): Promise<void> {
    await this.#inTurn(async () => {
      const latest = this.#latest;
      if (isSame(latest, this.#used)) return;
      if (!this.#connections.state.isUp) return this.#useLatest();
      const { options } = this.#parts;
      await this.#follow(latest, options, this.#connections.current.nc.getServer());
      this.#taken("without losing anything");
    });
  }

  /** One at a time; what changes under way is taken up after it. */
  async #inTurn(act: () => Promise<void>): Promise<void> {
    while (this.#turn !== undefined) await this.#turn.catch(() => {});
    if (this.#isStopped) return;
    this.#turn = act();
    try {
      await this.#turn;
    } finally {
      this.#turn = undefined;
    }
  }

  async #follow(secrets: Secrets, options: LinkOptions, preferred?: string): Promise<void> {
    const dialling = { onTrouble: this.#parts.trouble, held: { secrets, refusals: 0 }, preferred };
    const now = { ...options, waitForBrokerMs: 0 };
    const nc = await dial(now, natsOptions(now, dialling));
    await this.#connections.follow({ nc, held: dialling.held });
  }

  /** While there is no connection the next one is made with what is on disk. */
  #useLatest(): void {
    if (this.#latest === this.#unfit || isSame(this.#latest, this.#used)) return;
    Object.assign(this.#connections.current.held, { secrets: this.#latest, refusals: 0 });
    this.#taken("with the next connection");
  }

  #taken(how: string): void {
    this.#unfit = undefined;
    this.#expiry.follow(lifetimesOf(this.#used));
    const text = `${this.#user} takes up other credentials or certificates, ${how}`;
    this.#parts.notice({ level: "info", text });
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#parts.trouble(error);
      }
    }
  }

  #warnOfEnd(text: string): void {
    const advice = renewalOf(this.#user);
    this.#parts.notice({ level: "warn", text: `${text}; ${advice} makes new credentials` });
    // Where they are made on the spot, this makes new ones.
    void this.#changed();
  }

  #later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isStopped) act();
    }, delayMs).unref();
    this.#timers.add(timer);
  }
}

function staying(error: unknown): MeshError {
  const { code, detail } = MeshError.from(error);
  return new MeshError(code, `${detail}; the old ones stay in use`, { cause: error });
}
