import { join } from "node:path";
import {
  applyPlan,
  type Home,
  initHome,
  planApply,
  readMeshFile,
  serverConfig,
  writeServer,
} from "@myelin/mesh/operate";
import { type StoreName, storeAccountName } from "@myelin/subjects";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { BenchError, type Setting } from "../support/bench.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Login, rawLogin } from "../support/login.ts";
import { Server } from "../support/server.ts";
import { meshFile, names } from "./names.ts";

/** A server with the streams of a mesh, as `myelin apply` makes them. */
export class Store implements AsyncDisposable {
  readonly server: Server;
  readonly login: Login;
  /** The streams' API, in the account where they are. */
  readonly streams: JetStreamManager;
  readonly #rest: readonly AsyncDisposable[];

  private constructor(home: Home, streams: JetStreamManager, [server, ...rest]: Rest) {
    this.server = server;
    this.streams = streams;
    this.login = loginOf(home, names.workspace);
    this.#rest = [server, ...rest];
  }

  /** Starts it; everything is gone when it is disposed of. */
  static async start(setting: Setting): Promise<Store> {
    const folder = await temporaryFolder();
    const { home } = await initHome({ folder: join(folder.path, "mesh"), mesh: meshFile });
    writeServer(home);
    // The bench says where it listens.
    const config = serverConfig(home).replace(/^listen:.*$/m, "");
    const server = await Server.start(setting, () => config);
    await apply(home, server);
    const nc = await joinStore(home, server);
    const streams = await jetstreamManager(nc);
    return new Store(home, streams, [server, folder]);
  }

  /** Empties a stream: none is to grow while another is measured. */
  async empty(stream: StoreName): Promise<void> {
    await this.streams.streams.purge(stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#rest) await one[Symbol.asyncDispose]();
  }
}

type Rest = readonly [Server, ...AsyncDisposable[]];

async function apply(home: Home, server: Server): Promise<void> {
  const plan = await planApply(home, readMeshFile(meshFile, "mesh.yaml"), meshFile);
  const applied = await applyPlan(home, plan, { reach: { servers: [server.url] } });
  const failure = applied.unpublished ?? applied.stores.find((one) => one.failure)?.failure;
  if (failure !== undefined) throw new BenchError(`the streams could not be made: ${failure}`);
}

async function joinStore(home: Home, server: Server): Promise<NatsConnection> {
  const login = loginOf(home, storeAccountName(names.workspace));
  const options = await rawLogin(login, names.keeper);
  return connect({ servers: server.url, ...options, reconnect: false });
}

function loginOf({ layout }: Home, account: string): Login {
  return { caFile: layout.tls.ca, folder: layout.creds(account).folder };
}
