import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MeshCode, MeshError } from "../errors/index.ts";
import { type Home, initHome, writeServer } from "../operate/home/index.ts";
import { eventually } from "./eventually.ts";
import { guardedFolder } from "./guard.ts";
import { type NatsServer, ports, startNats } from "./nats-server.ts";

/** What a cluster under test begins with. */
export interface ClusterOptions {
  /** A mesh.yaml: who is there and who may do what. */
  readonly policy: string;
  /** How many servers. Default: 3. */
  readonly nodes?: number;
  /** How often a server asks the others for accounts that it missed. Default: as the mesh has it. */
  readonly interval?: string;
}

const triesForPorts = 5;

/** Starts a fresh cluster of real servers with TLS, identities, streams and a home of its own; end it with `await using`. */
export async function startCluster(options: ClusterOptions): Promise<TestCluster> {
  const { home } = await initHome({ folder: join(guardedFolder(), "home"), mesh: options.policy });
  for (let tries = 1; ; tries++) {
    const nodes = await startNodes(home, options);
    if (nodes !== undefined) return whole(new TestCluster(home, nodes));
    if (tries === triesForPorts)
      throw new MeshError(MeshCode.Unavailable, `no free ports for a cluster in ${tries} tries`);
  }
}

/** Servers that are one mesh, each of which a test may ill-treat. */
export class TestCluster {
  readonly home: Home;
  readonly nodes: readonly NatsServer[];

  /** @internal Use `startCluster`. */
  constructor(home: Home, nodes: readonly NatsServer[]) {
    this.home = home;
    this.nodes = nodes;
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url);
  }

  get caFile(): string {
    return this.home.layout.tls.ca;
  }

  /** What `connect` and `serve` need to join; spread it into their options. */
  accessTo(workspace: string) {
    return {
      servers: this.urls,
      credentials: { folder: this.home.layout.creds(workspace).folder },
      tls: { caFile: this.caFile },
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Resolves once they have elected who leads the streams: before, nobody answers a question about one. */
async function whole(cluster: TestCluster): Promise<TestCluster> {
  try {
    await eventually(
      "the cluster has a leader",
      () => cluster.nodes.every(({ log }) => log.includes("metadata leader")),
      { timeoutMs: 30_000 },
    );
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** All of them at once, since each waits for the others; undefined when a port was taken. */
async function startNodes(
  home: Home,
  { nodes = 3, interval }: ClusterOptions,
): Promise<NatsServer[] | undefined> {
  const first = randomInt(ports.from, ports.to - 2 * nodes);
  const numbers = Array.from({ length: nodes }, (_, at) => at);
  const routes = numbers.map((at) => `tls://127.0.0.1:${first + nodes + at}`);
  const started = await Promise.allSettled(
    numbers.map((at) => {
      const name = `node-${at + 1}`;
      const port = first + at;
      const cluster = { name: "test", listen: `127.0.0.1:${first + nodes + at}`, routes };
      const path = writeServer(home, {
        ...{ name, cluster, listen: `127.0.0.1:${port}`, folder: join(guardedFolder(), name) },
      });
      const config = readFileSync(path, "utf8");
      const changed = interval === undefined ? config : withInterval(config, interval);
      return startNats({ port, config: changed });
    }),
  );
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const areWhole = running.length === nodes;
  if (areWhole && (await haveRoutes(running))) return running;
  for (const node of running) await node.stop();
  if (areWhole) return undefined;
  const reason = started.find((one) => one.status === "rejected")?.reason;
  if (String(reason).includes("address already in use")) return undefined;
  throw MeshError.from(reason);
}

/** Whether each got its port for the others: a server says that it is ready before it takes that one. */
export async function haveRoutes(nodes: readonly NatsServer[]): Promise<boolean> {
  const isTaken = ({ log }: NatsServer): boolean => log.includes("address already in use");
  const listens = ({ log }: NatsServer): boolean => log.includes("Listening for route connections");
  await eventually("they listen to each other", () =>
    nodes.every((node) => listens(node) || isTaken(node)),
  );
  return !nodes.some(isTaken);
}

function withInterval(config: string, interval: string): string {
  return config.replace(/^(\s*interval:).*$/m, `$1 "${interval}"`);
}
