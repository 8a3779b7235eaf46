import { eventually } from "@myelin/mesh/testing";
import type { StoreName } from "@myelin/subjects";
import type { ChaosCluster } from "./cluster.ts";
import { type Mishap, nodes, type Plan } from "./plan.ts";
import type { Reader } from "./reader.ts";
import type { Crew } from "./worker.ts";

/** Everything that may be ill-treated. */
export interface World {
  readonly cluster: ChaosCluster;
  readonly crew: Crew;
  readonly reader: Reader;
  /** The stream whose leader is killed. */
  readonly stream: StoreName;
  /** Which part of the work is done. */
  readonly progress: () => number;
  /** Hears up to which part the work may go now, so that each mishap meets some. */
  readonly onPace: (upTo: number) => void;
  readonly say: (line: string) => void;
}

const stall = { timeoutMs: 90_000, everyMs: 50 };

/** Lets everything of a plan go wrong, each at its part of the work, one thing after the other. */
export async function wreak({ mishaps }: Plan, world: World): Promise<void> {
  for (const mishap of mishaps) {
    const { at, ...what } = mishap;
    // Two nodes at a time are more than three can lose; and what only one has, that one must keep.
    if (isOfNode(mishap)) await world.reader.healed();
    world.onPace(at + 1 / mishaps.length);
    await eventually(`${Math.round(at * 100)} % are done`, () => world.progress() >= at, stall);
    const begun = performance.now();
    await suffer(mishap, world);
    const tookMs = Math.round(performance.now() - begun);
    const until = Math.round(world.progress() * 100);
    world.say(`${Math.round(at * 100)} to ${until} %: ${JSON.stringify(what)}, ${tookMs} ms`);
  }
  world.onPace(1);
}

function isOfNode({ does }: Mishap): boolean {
  return does !== "kill worker" && does !== "stop worker";
}

async function suffer(mishap: Mishap, world: World): Promise<void> {
  const { cluster, crew, reader } = world;
  switch (mishap.does) {
    case "kill worker":
      return crew.kill(mishap.which);
    case "stop worker":
      return crew.stop(mishap.which, mishap.forMs);
    case "kill leader":
      return killLeader(world);
    case "restart nodes":
      for (let n = 0; n < nodes; n++) {
        if (n > 0) await reader.healed();
        const server = cluster.server((mishap.first + n) % nodes);
        await server.quit();
        await server.restart();
      }
      return;
    case "cut off node":
      cluster.cutOff(mishap.which);
      await new Promise((resolve) => setTimeout(resolve, mishap.forMs));
      return cluster.rejoin(mishap.which);
    case "lose disk":
      return cluster.loseDisk(mishap.which);
  }
}

async function killLeader({ cluster, reader, stream }: World): Promise<void> {
  const leader = cluster.server(await reader.leader(stream));
  await leader.kill();
  // Another one leads before it comes back.
  await reader.leader(stream);
  return leader.restart();
}
