import { ownStoreApi, storeApi } from "@myelin/subjects";
import { PublishedTrust } from "../discovery/index.ts";
import { StoreAccess } from "../durable/index.ts";
import { MeshCode, MeshError, type Reason } from "../errors/index.ts";
import { operatorKeys, type Signer, type Trust } from "../identity/index.ts";
import type { Link } from "../nats/index.ts";
import { type Clock, hexId, systemClock } from "../pipeline/index.ts";
import { MeshMetrics } from "../telemetry/index.ts";
import { ask, Inbox } from "../transport/index.ts";
import { statusOf } from "../wire/index.ts";
import { logIn, type ObserverOptions } from "./observe.ts";
import type { StoreDoor } from "./stores/index.ts";

export interface StandingParts {
  readonly name: string;
  readonly instance: string;
  readonly link: Link;
  readonly clock: Clock;
  readonly metrics: MeshMetrics;
  readonly trust: Trust | undefined;
  /** Which of a workspace's two accounts: in the store the streams' API has the server's own name. */
  readonly account: "workspace" | "store";
}

/** How long an answer of the streams' API is waited for, in milliseconds. */
const answerMs = 5_000;
const nobody = "nobody answers; streams are made with `myelin apply`, on a server with JetStream";

/** A tool's connection to one account: its link, the streams as seen from there, and by whom it is judged. */
export class Standing implements StoreDoor {
  readonly name: string;
  readonly link: Link;
  readonly store: StoreAccess;
  readonly trust: Trust | undefined;
  readonly serverVersion: string;
  readonly #clock: Clock;
  readonly #inbox: Inbox;
  readonly #published: PublishedTrust | undefined;

  private constructor(parts: StandingParts) {
    const { name, instance, link, clock, metrics, trust, account } = parts;
    this.name = name;
    this.link = link;
    this.#clock = clock;
    this.serverVersion = link.serverVersion;
    this.#inbox = new Inbox(link, name, instance, () => metrics.lateReply());
    const api = account === "store" ? ownStoreApi : storeApi;
    this.store = new StoreAccess({ link, clock, replies: this.#inbox, api });
    this.#published = trust === undefined ? this.#publishedTrust(clock) : undefined;
    this.trust = trust ?? this.#published;
  }

  /** Joins a workspace as a tool; close it when done. */
  static async join(options: ObserverOptions): Promise<Standing> {
    const { name, link } = await logIn(options);
    const instance = hexId(8).slice(0, 10);
    const { trust } = options;
    return Standing.start({
      ...{ name, instance, link, trust, account: "workspace", clock: systemClock },
      metrics: new MeshMetrics(),
    });
  }

  /** Resolves when answers can be heard; closes the link where they cannot. */
  static async start(parts: StandingParts): Promise<Standing> {
    let standing: Standing | undefined;
    try {
      standing = new Standing(parts);
      await parts.link.flush();
      if (standing.#inbox.refused !== undefined) throw standing.#inbox.refused;
      return standing;
    } catch (error) {
      await (standing ?? parts.link).close();
      throw error;
    }
  }

  readonly signer = (): Signer | undefined => this.link.credentials;

  readonly account = (): string | undefined => this.link.credentials?.account;

  /** The first answer to a question; throws where there is none, or it may not be asked. */
  ask(subject: string, payload = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        unhear();
        forget();
      };
      const fail = (error: MeshError): void => {
        end();
        reject(error);
      };
      const unhear = this.link.onDenied((denied) => {
        const isIt = denied.operation === "publish" && denied.subject === subject;
        if (isIt) fail(denied.error);
        return isIt;
      });
      const cancel = this.#clock.schedule(answerMs, () =>
        fail(unanswered(subject, `no answer within ${answerMs} ms`)),
      );
      let forget = (): void => {};
      try {
        const question = { link: this.link, inbox: this.#inbox, subject, payload };
        forget = ask(question, ({ head, payload: answer }) => {
          if (statusOf(head) === 503) return fail(unanswered(subject, nobody, "no_stream"));
          end();
          resolve(Buffer.from(answer).toString("utf8"));
        });
      } catch (error) {
        fail(MeshError.from(error));
      }
    });
  }

  async close(): Promise<void> {
    this.#published?.stop();
    await this.#inbox.stop();
    await this.link.close();
  }

  /** The operator whose JWT lies beside the credentials; nobody where there is none. */
  #publishedTrust(clock: Clock): PublishedTrust | undefined {
    const { operatorJwt } = this.link;
    if (operatorJwt === undefined) return undefined;
    const { link } = this;
    return new PublishedTrust({
      ...{ link, clock, operatorKeys: operatorKeys(operatorJwt) },
      ask: (subject, onReply) => ask({ link, inbox: this.#inbox, subject }, onReply),
    });
  }
}

function unanswered(subject: string, why: string, reason?: Reason): MeshError {
  const options = reason === undefined ? {} : { reason };
  return new MeshError(MeshCode.Unavailable, `${subject}: ${why}`, { origin: "peer", ...options });
}
