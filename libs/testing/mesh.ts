import type { Handlers } from "../agent/context.ts";
import { connect, type Mesh } from "../agent/mesh.ts";
import type { ConnectOptions } from "../agent/options.ts";
import type { ServeOptions } from "../agent/serve-options.ts";
import type { Contract } from "../contract/index.ts";
import { echo, echoHandlers } from "./echo.ts";
import { type NatsOptions, type NatsServer, startNats } from "./nats-server.ts";

/** What a mesh under test begins with. */
export interface MeshOptions extends NatsOptions {
  /** Instances of the agent `echo` to start, each on its own connection. Default: 0. */
  readonly agents?: number;
}

type Joining = Omit<ConnectOptions, "name" | "servers">;

/** A fresh server, and connections to it that all end with `await using`. */
export async function startMesh(options: MeshOptions = {}): Promise<TestMesh> {
  const { agents = 0, ...natsOptions } = options;
  const mesh = new TestMesh(await startNats(natsOptions));
  try {
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
  readonly #connections: Mesh[] = [];

  /** @internal Use `startMesh`. */
  constructor(server: NatsServer) {
    this.server = server;
  }

  get url(): string {
    return this.server.url;
  }

  /** Every connection made here, the first one first. */
  get connections(): readonly Mesh[] {
    return this.#connections;
  }

  /** Joins under a name, to call. */
  async connect(name = "tester", options: Joining = {}): Promise<Mesh> {
    const mesh = await connect({ ...options, name, servers: this.url });
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

  /** Closes every connection, the last one first, then the server. */
  async stop(): Promise<void> {
    for (const mesh of this.#connections.splice(0).reverse()) await mesh.close();
    await this.server.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
