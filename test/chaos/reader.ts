import { readFileSync } from "node:fs";
import { eventually } from "@myelin/mesh/testing";
import type { ConsumerName, StoreName } from "@myelin/subjects";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { dial } from "../support/dial.ts";
import type { ChaosCluster } from "./cluster.ts";

/** A message as it lies in its stream. */
export interface Found {
  readonly subject: string;
  readonly sequence: number;
  readonly header: (name: string) => string;
}

const healMs = { timeoutMs: 45_000, everyMs: 250 };
/** Messages asked for at once. */
const atOnce = 64;

/** Who looks into the streams with the plain client, where they are, and shares no code with the library. */
export class Reader implements AsyncDisposable {
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;

  private constructor(nc: NatsConnection, jsm: JetStreamManager) {
    this.#nc = nc;
    this.#jsm = jsm;
  }

  static async join(cluster: ChaosCluster): Promise<Reader> {
    const { servers, tls, credentials } = cluster.access("keeper", "chaos-store");
    const nc = await dial({
      ...{ servers: [...servers], tls, maxReconnectAttempts: -1, reconnectTimeWait: 100 },
      authenticator: credsAuthenticator(readFileSync(credentials)),
      inboxPrefix: "_INBOX.keeper",
    });
    return new Reader(
      nc,
      await eventually("there are streams", () => jetstreamManager(nc), healMs),
    );
  }

  /** Which node leads a stream now. */
  async leader(stream: StoreName): Promise<number> {
    return eventually(
      `${stream} has a leader`,
      async () => {
        const { cluster } = await this.#jsm.streams.info(stream);
        const number = /^node-(\d)$/.exec(cluster?.leader ?? "")?.[1];
        return number === undefined ? undefined : { at: Number(number) };
      },
      healMs,
    ).then(({ at }) => at);
  }

  /** Resolves when every copy of every stream and consumer is up to date: only then another node may go. */
  async healed(): Promise<void> {
    await eventually("the cluster is whole", () => this.#isWhole(), healMs);
  }

  /** How often a consumer has delivered, all together. */
  async deliveries({ stream, consumer }: ConsumerName): Promise<number> {
    const { delivered } = await this.#jsm.consumers.info(stream, consumer);
    return delivered.consumer_seq;
  }

  /** What a consumer still has to deliver, or to have acknowledged. */
  async open({ stream, consumer }: ConsumerName): Promise<number> {
    const { num_pending, num_ack_pending } = await this.#jsm.consumers.info(stream, consumer);
    return num_pending + num_ack_pending;
  }

  /** How many messages are in a stream. */
  async left(stream: StoreName): Promise<number> {
    return (await this.#jsm.streams.info(stream)).state.messages;
  }

  /** Every message of a stream, in order. */
  async all(stream: StoreName): Promise<readonly Found[]> {
    const { first_seq, last_seq, messages } = (await this.#jsm.streams.info(stream)).state;
    const found: (Found | undefined)[] = [];
    let next = Math.max(1, first_seq);
    const read = async (): Promise<void> => {
      for (let seq = next++; seq <= last_seq; seq = next++)
        found[seq] = await this.#message(stream, seq);
    };
    await Promise.all(Array.from({ length: atOnce }, read));
    const all = found.filter((one) => one !== undefined);
    if (all.length === messages) return all;
    throw new RangeError(`${stream} says it has ${messages} messages, ${all.length} were found`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nc.close();
  }

  async #message(stream: StoreName, seq: number): Promise<Found | undefined> {
    const message = await this.#read(stream, seq);
    if (message === null) return undefined;
    const { subject, header } = message;
    return { subject, sequence: seq, header: (name) => header.get(name) };
  }

  /** A stream that has healed may still choose another leader, and has none for a moment. */
  #read(stream: StoreName, seq: number): ReturnType<JetStreamManager["streams"]["getMessage"]> {
    const get = async () => ({ message: await this.#jsm.streams.getMessage(stream, { seq }) });
    return eventually(`${stream} is read`, get, healMs).then(({ message }) => message);
  }

  async #isWhole(): Promise<boolean> {
    for await (const { config, cluster } of this.#jsm.streams.list()) {
      if (!isWhole(cluster, config.num_replicas)) return false;
      for await (const consumer of this.#jsm.consumers.list(config.name)) {
        if (!isWhole(consumer.cluster, config.num_replicas)) return false;
      }
    }
    return true;
  }
}

interface Group {
  readonly leader?: string;
  readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
}

function isWhole(group: Group | undefined, copies: number): boolean {
  const { leader = "", replicas = [] } = group ?? {};
  const current = replicas.filter(({ current, offline }) => current && offline !== true);
  return leader !== "" && current.length === copies - 1;
}
