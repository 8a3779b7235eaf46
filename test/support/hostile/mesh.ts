import { priorities, Store, storeApiPrefix, stores, taskConsumer } from "@myelin/subjects";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { credsAuthenticator, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { testIssuer } from "../../../libs/testing/issuer.ts";
import { type NatsServer, startNats } from "../../../libs/testing/nats-server.ts";
import { dial, patient } from "../dial.ts";
import { type HostileAccounts, hostileAccounts, witness } from "./accounts.ts";
import { hostilePolicy } from "./policy.ts";
import type { Weakness } from "./weakness.ts";

/** How a login differs from the usual: other credentials, another server of the mesh. */
export interface Login {
  readonly credentials?: string;
  readonly url?: string;
}

/** A real mesh to attack: a server, its streams, and plain nats.js clients with valid credentials. */
export class HostileMesh {
  readonly server: NatsServer;
  readonly accounts: HostileAccounts;
  readonly caFile: string;
  readonly weakness: Weakness;
  /** What begins the subjects of the streams' API in the workspace. */
  readonly api: string;
  readonly #connections: NatsConnection[] = [];

  private constructor(
    server: NatsServer,
    accounts: HostileAccounts,
    given: { readonly caFile: string; readonly weakness: Weakness },
  ) {
    this.server = server;
    this.accounts = accounts;
    this.caFile = given.caFile;
    this.weakness = given.weakness;
    this.api = given.weakness.oneAccount === true ? "$JS.API" : storeApiPrefix;
  }

  static async start(weakness: Weakness = {}): Promise<HostileMesh> {
    const issuer = await testIssuer();
    const accounts = await hostileAccounts(issuer, hostilePolicy, weakness);
    const preload = ["resolver_preload {", issuer.systemEntry, ...accounts.entries, "}"];
    const tls = issuer.config.split("\n").find((line) => line.startsWith("tls ")) ?? "";
    const leaves = `leafnodes { listen: "127.0.0.1:-1", ${tls} }`;
    const config = [issuer.config, ...preload, leaves].join("\n");
    const server = await startNats({ jetstream: true, config });
    return new HostileMesh(server, accounts, { caFile: issuer.caFile, weakness });
  }

  /** Where servers join as leaves. */
  get leafUrl(): string {
    const address = /Listening for leafnode connections on (\S+)/.exec(this.server.log)?.[1];
    return `tls://${address}`;
  }

  /** Every client that logged in here. */
  get connections(): readonly NatsConnection[] {
    return this.#connections;
  }

  /** How long an attack may take: so long, or as long as a busy machine needs where a defence is away. */
  within(ms: number): number {
    return Object.keys(this.weakness).length === 0 ? ms : patient.timeout;
  }

  /** A plain client. `keeper` is in the store account; `witness` hears everything in the workspace. */
  async login(
    name: string,
    { credentials, url = this.server.url }: Login = {},
  ): Promise<NatsConnection> {
    const text = credentials ?? (await this.accounts.credentials(name));
    const nc = await dial({
      servers: url,
      tls: { caFile: this.caFile },
      authenticator: credsAuthenticator(new TextEncoder().encode(text)),
      inboxPrefix: `_INBOX.${name}`,
      name,
      reconnect: false,
    });
    this.#connections.push(nc);
    return nc;
  }

  /** What lands on a subject in the workspace, whoever it is for. */
  async watch(subject: string): Promise<readonly Msg[]> {
    return listen(await this.login(witness), subject);
  }

  /** Makes these streams as the mesh has them, and the consumers of tasks; the answer is keeper's hand on them. */
  async store(...names: readonly string[]): Promise<JetStreamManager> {
    const jsm = await jetstreamManager(await this.login("keeper"));
    for (const shape of stores.filter(({ name }) => names.includes(name))) {
      const changed = this.weakness.streams?.[shape.name] ?? {};
      await jsm.streams.add({ ...shape, ...changed } as never);
    }
    if (names.includes(Store.tasks)) {
      for (const agent of ["bob", "mallory"]) {
        for (const priority of priorities) {
          const { stream, consumer } = taskConsumer(agent, priority);
          await jsm.consumers.add(stream, {
            durable_name: consumer,
            filter_subject: `mesh.task.${agent}.*.${priority}.*`,
            ack_policy: "explicit",
          });
        }
      }
    }
    return jsm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const nc of this.#connections.splice(0).reverse()) await nc.close();
    await this.server.stop();
  }
}

/** Everything that a client hears on a subject from now on; nothing where it may not. */
export async function listen(nc: NatsConnection, subject: string): Promise<readonly Msg[]> {
  const heard: Msg[] = [];
  nc.subscribe(subject, {
    callback: (error, message) => {
      if (error === null || error === undefined) heard.push(message);
    },
  });
  await nc.flush();
  return heard;
}

/** When it resolves, all that was published before has reached everyone it reaches. */
export async function settled(...clients: readonly NatsConnection[]): Promise<void> {
  for (const nc of clients) await nc.flush();
}
