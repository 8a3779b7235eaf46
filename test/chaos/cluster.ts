import { randomInt } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  applyPlan,
  enterStore,
  type Home,
  initHome,
  planApply,
  provisionStores,
  readMeshFile,
  writeServer,
} from "@myelin/mesh/operate";
import { eventually, type NatsServer, startNats } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { haveRoutes } from "../../libs/testing/cluster.ts";
import { Cable } from "../support/cable.ts";
import { temporaryFolder } from "../support/folder.ts";
import { nodes } from "./plan.ts";

type Cables = readonly (readonly [from: number, to: number, cable: Cable])[];

interface Node {
  readonly server: NatsServer;
  /** Where its streams are. */
  readonly disk: string;
}

const patience = { timeoutMs: 60_000, everyMs: 100 };
const triesForPorts = 5;
const workspace = "chaos";
const only = [Store.tasks, Store.results, Store.events, Store.dead, Store.config];

/** Three servers with a home of their own, whose routes lead through cables that a test may cut. */
export class ChaosCluster implements AsyncDisposable {
  readonly home: Home;
  readonly #nodes: readonly Node[];
  /** Those of a node are the ones to it and from it. */
  readonly #cables: Cables;
  readonly #folder: Disposable;

  private constructor(home: Home, nodes: readonly Node[], cables: Cables, folder: Disposable) {
    this.home = home;
    this.#nodes = nodes;
    this.#cables = cables;
    this.#folder = folder;
  }

  static async start(meshFile: string): Promise<ChaosCluster> {
    const folder = temporaryFolder();
    const { home } = await initHome({ folder: join(folder.path, "home"), mesh: meshFile });
    for (let tries = 1; ; tries++) {
      const running = await startNodes(home, join(folder.path, `${tries}`), tries < triesForPorts);
      if (running === undefined) continue;
      const cluster = new ChaosCluster(home, running.nodes, running.cables, folder);
      await cluster.#provision(meshFile);
      return cluster;
    }
  }

  get urls(): readonly string[] {
    return this.#nodes.map(({ server }) => server.url);
  }

  /** What whoever joins under a name takes. */
  access(name: string, account = workspace) {
    const { layout } = this.home;
    const credentials = layout.creds(account).of(name);
    return { name, servers: this.urls, credentials, tls: { caFile: layout.tls.ca } };
  }

  server(at: number): NatsServer {
    const node = this.#nodes[at];
    if (node !== undefined) return node.server;
    throw new RangeError(`there is no node ${at}`);
  }

  /** Takes it out of the cluster; its clients stay with it. */
  cutOff(at: number): void {
    for (const [from, to, cable] of this.#cables) if (from === at || to === at) cable.sever();
  }

  rejoin(at: number): void {
    for (const [from, to, cable] of this.#cables) if (from === at || to === at) cable.mend();
  }

  /** Kills it, and starts it with nothing on its disk. */
  async loseDisk(at: number): Promise<void> {
    await this.server(at).kill();
    const disk = this.#nodes[at]?.disk ?? "";
    rmSync(disk, { recursive: true, force: true });
    await this.server(at).restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map(({ server }) => server.stop()));
    for (const [, , cable] of this.#cables) await cable[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }

  /**
   * Only the streams of these runs: each is a group of its own that votes, three times on this machine. mesh.yaml has
   * `provision: off` for that, so that `apply` does the rest.
   */
  async #provision(meshFile: string): Promise<void> {
    const policy = readMeshFile(meshFile, "mesh.yaml");
    const own = policy.workspaces[workspace];
    if (own === undefined) throw new RangeError(`mesh.yaml has no workspace ${workspace}`);
    const reach = { servers: this.urls };
    const settings = { workspace, policy: { ...own, provision: "create" }, only } as const;
    const isMade = async (): Promise<boolean> => {
      await using door = await enterStore(this.home, workspace, reach);
      await provisionStores(door, settings);
      const plan = await planApply(this.home, policy, meshFile);
      return (await applyPlan(this.home, plan, { reach })).unpublished === undefined;
    };
    // The servers have to find each other first.
    await eventually("the streams are made", isMade, patience);
  }
}

/** All of them at once, since each waits for the others; undefined when a port was taken and others may be tried. */
async function startNodes(home: Home, folder: string, mayTryOthers: boolean) {
  const first = randomInt(20_000, 31_000);
  const numbers = Array.from({ length: nodes }, (_, at) => at);
  const pairs = numbers.flatMap((from) =>
    numbers.filter((to) => to !== from).map((to) => [from, to] as const),
  );
  const cables: Cables = await Promise.all(
    pairs.map(async ([from, to]) => [from, to, await Cable.lay(first + nodes + to)] as const),
  );
  const started = await Promise.allSettled(
    numbers.map(async (at): Promise<Node> => {
      const own = join(folder, `node-${at}`);
      const routes = cables.filter(([from]) => from === at).map(([, , { url }]) => tls(url));
      const path = writeServer(home, {
        ...{ name: `node-${at}`, folder: own, listen: `127.0.0.1:${first + at}` },
        cluster: { name: "chaos", listen: `127.0.0.1:${first + nodes + at}`, routes },
      });
      // Nobody is told where a node is but by its cables.
      const config = readFileSync(path, "utf8").replace(
        "cluster {",
        'cluster {\n  advertise: "127.0.0.1:1"',
      );
      const server = await startNats({ port: first + at, config });
      return { server, disk: join(own, "jetstream") };
    }),
  );
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const areWhole = running.length === nodes;
  if (areWhole && (await haveRoutes(running.map(({ server }) => server))))
    return { nodes: running, cables };
  await Promise.all(running.map(({ server }) => server.stop()));
  for (const [, , cable] of cables) await cable[Symbol.asyncDispose]();
  const reason = started.find((one) => one.status === "rejected")?.reason;
  const isTaken = areWhole || String(reason).includes("address already in use");
  if (mayTryOthers && isTaken) return undefined;
  throw reason ?? new TypeError("no free ports for a cluster");
}

function tls(url: string): string {
  return url.replace("nats://", "tls://");
}
