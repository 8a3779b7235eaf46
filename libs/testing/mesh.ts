import { configSubject, type MeshPolicy, recordingKind, recordingText } from "@myelin/subjects";
import type { Handlers } from "../agent/context.ts";
import { connect, type Mesh } from "../agent/mesh.ts";
import type { ConnectOptions } from "../agent/options.ts";
import type { ServeOptions } from "../agent/serve-options.ts";
import type { Contract } from "../contract/index.ts";
import type { Trust } from "../identity/index.ts";
import { readMeshFile } from "../operate/mesh-file/index.ts";
import { provisionStores } from "../operate/stores/index.ts";
import { echo, echoHandlers } from "./echo.ts";
import { type Identities, makeIdentities } from "./identities.ts";
import { type NatsOptions, type NatsServer, startNats } from "./nats-server.ts";
import { type PlainOptions, plainOptions, writeCliContext } from "./plain-client.ts";
import { openStore } from "./store-door.ts";

/** What a mesh under test begins with. */
export interface MeshOptions extends Omit<NatsOptions, "base" | "jetstream"> {
  /** Whether it keeps streams: those of the mesh are made, with the consumers of the policy's agents. Default: false. */
  readonly jetstream?: boolean;
  /** Instances of the agent `echo` to start, each on its own connection. Default: 0. */
  readonly agents?: number;
  /** A mesh.yaml: who is there and who may do what. Default: anybody joins under any name, and `ops` is an operator. */
  readonly policy?: string;
}

/** How a connection of the test kit may differ from the usual. */
export interface Joining extends Omit<ConnectOptions, "name" | "servers" | "credentials" | "tls"> {
  /** The workspace to join. Default: the policy's first one. */
  readonly workspace?: string;
}

/** What `connect`, `serve` and `observe` need to reach a mesh under test; spread it into their options. */
export interface Access {
  readonly servers: readonly string[];
  readonly credentials: { readonly folder: string };
  readonly tls: { readonly caFile: string };
  /** By what others' cards and tokens are judged: the accounts are published nowhere here. */
  readonly trust: Trust;
}

/** A fresh server with TLS and identities, and connections to it that all end with `await using`. */
export async function startMesh(options: MeshOptions = {}): Promise<TestMesh> {
  const { agents = 0, policy, ...natsOptions } = options;
  const identities = await identitiesOf(policy);
  const mesh = new TestMesh(
    await startNats({ ...natsOptions, base: identities.config }),
    identities,
  );
  try {
    if (options.jetstream === true) await mesh.provision();
    for (let started = 0; started < agents; started++) await mesh.serve(echo, echoHandlers);
    return mesh;
  } catch (error) {
    await mesh.stop();
    throw error;
  }
}

/** A mesh of its own for one test. */
export class TestMesh {
  readonly server: NatsServer;
  readonly #identities: Identities;
  readonly #connections: Mesh[] = [];
  readonly #workers = new Set<string>();

  /** @internal Use `startMesh`. */
  constructor(server: NatsServer, identities: Identities) {
    this.server = server;
    this.#identities = identities;
  }

  get url(): string {
    return this.server.url;
  }

  /** Every connection made here, the first one first. */
  get connections(): readonly Mesh[] {
    return this.#connections;
  }

  /** Who vouches for the server's certificate. */
  get caFile(): string {
    return this.#identities.issuer.caFile;
  }

  /** What connections of the first workspace need. */
  get access(): Access {
    return this.accessTo(this.#workspace());
  }

  /** What connections of a workspace need. */
  accessTo(workspace: string): Access {
    return {
      servers: [this.url],
      credentials: { folder: this.#identities.folder(workspace) },
      tls: { caFile: this.caFile },
      trust: this.#identities.trust,
    };
  }

  /** The same as environment, for programs that `locate` their mesh. */
  get env(): Readonly<Record<string, string>> {
    const { credentials, tls } = this.access;
    return { MYELIN_URL: this.url, MYELIN_CREDS: credentials.folder, MYELIN_CA: tls.caFile };
  }

  /** The file with a name's credentials. */
  credentials(name: string, workspace = this.#workspace()): Promise<string> {
    return this.#identities.credentials(name, workspace);
  }

  /** What the plain nats.js client needs to log in under a name. */
  async options(name: string, workspace?: string): Promise<PlainOptions> {
    const file = await this.credentials(name, workspace);
    return plainOptions({ name, file, caFile: this.caFile, url: this.url });
  }

  /** The environment in which the plain `nats` CLI logs in under a name. */
  async cli(name = "ops", workspace?: string): Promise<CliEnvironment> {
    const file = await this.credentials(name, workspace);
    const context = writeCliContext({ name, file, caFile: this.caFile, url: this.url });
    return { url: this.url, env: { NATS_CONTEXT: context } };
  }

  /** Joins under a name, to call. */
  async connect(name = "tester", options: Joining = {}): Promise<Mesh> {
    const { workspace = this.#workspace(), ...given } = options;
    await this.credentials(name, workspace);
    const mesh = await connect({ ...given, ...this.accessTo(workspace), name });
    this.#connections.push(mesh);
    return mesh;
  }

  /** Joins under the contract's name and serves it. */
  async serve<C extends Contract>(
    contract: C,
    handlers: Handlers<C>,
    options: Joining & ServeOptions = {},
  ): Promise<Mesh> {
    const mesh = await this.connect(contract.name, options);
    await mesh.serve(contract, handlers, options);
    return mesh;
  }

  /** Gives a guest its tasks' consumers, which no policy names; for a mesh with `jetstream`. */
  async takesTasks(name: string): Promise<void> {
    this.#workers.add(name);
    await this.provision();
  }

  /** @internal Makes every workspace's streams and consumers, and says whose calls are recorded, as `apply` does. */
  async provision(): Promise<void> {
    for (const [workspace, policy] of Object.entries(this.#identities.policy.workspaces)) {
      const file = await this.#identities.storeCredentials(workspace);
      const login = { name: "apply", file, caFile: this.caFile, url: this.url };
      await using store = await openStore(login);
      const workers = policy.guests ? [...this.#workers] : [];
      await provisionStores(store, { workspace, policy, workers });
      const { recording } = policy;
      if (recording !== undefined) {
        await store.ask(configSubject(recordingKind), recordingText(recording));
      }
    }
  }

  /** Closes every connection, the last one first, then the server. */
  async stop(): Promise<void> {
    for (const mesh of this.#connections.splice(0).reverse()) await mesh.close();
    await this.server.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #workspace(): string {
    return Object.keys(this.#identities.policy.workspaces)[0] ?? "";
  }
}

/** What `runNatsCli` takes to run as somebody. */
export interface CliEnvironment {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

const nothing = { calls: [], submits: [], publishes: [], hears: [], vouches: false } as const;

const usual: MeshPolicy = {
  version: 1,
  workspaces: {
    test: {
      guests: true,
      agents: {},
      roles: { operator: { ...nothing, members: ["ops"] } },
      shares: [],
    },
  },
};

// One per process and policy: no test changes what was issued, and issuing again would cost each test some time.
const issued = new Map<string, Promise<Identities>>();

function identitiesOf(policy: string | undefined): Promise<Identities> {
  const key = policy ?? "";
  const found =
    issued.get(key) ??
    makeIdentities(policy === undefined ? usual : readMeshFile(policy, "mesh.yaml"));
  issued.set(key, found);
  return found;
}
