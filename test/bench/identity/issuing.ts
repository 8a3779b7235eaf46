import { join } from "node:path";
import { applyPlan, type Home, initHome, planApply, readMeshFile } from "@myelin/mesh/operate";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { temporaryFolder } from "../support/folder.ts";

/** How long a mesh.yaml took, in seconds. */
export interface IssuingCosts {
  /** Read, checked and compiled, with keys, to signed JWTs of accounts: what a dry run does. */
  readonly planS: number;
  /** All of it on disk: keys, ledger, users' keys and JWTs, credentials. */
  readonly applyS: number;
  /** CPU time of both; the rest is mostly the disk's. */
  readonly cpuS: number;
}

/** Agents of a mesh, each of whom may call some of the others. */
export interface Crowd {
  readonly workspaces: number;
  /** In each workspace. */
  readonly agents: number;
  /** Of each agent: grants. */
  readonly calls: number;
}

const nobody = "version: 1\nworkspaces: { empty: {} }\n";

answering({
  start() {},

  /** Applies that many agents to a new home. */
  async issue(crowd: Crowd): Promise<IssuingCosts> {
    await using folder = await temporaryFolder();
    const home = await makeHome(folder.path);
    const text = meshOf(crowd);
    const before = process.cpuUsage();
    const started = performance.now();
    const plan = await planApply(home, readMeshFile(text, "mesh.yaml"), text);
    const planned = performance.now();
    const { credentials } = await applyPlan(home, plan);
    const applied = performance.now();
    const { user, system } = process.cpuUsage(before);
    const wanted = crowd.workspaces * crowd.agents;
    if (credentials.length !== wanted) {
      throw new BenchError(`${credentials.length} of ${wanted} agents got credentials`);
    }
    return {
      planS: (planned - started) / 1_000,
      applyS: (applied - planned) / 1_000,
      cpuS: (user + system) / 1_000_000,
    };
  },

  /** Compiles the grants of that many agents; how long it took, in seconds. */
  async compile(crowd: Crowd): Promise<number> {
    await using folder = await temporaryFolder();
    const home = await makeHome(folder.path);
    const text = meshOf(crowd);
    const started = performance.now();
    await planApply(home, readMeshFile(text, "mesh.yaml"), text);
    return (performance.now() - started) / 1_000;
  },
});

async function makeHome(folder: string): Promise<Home> {
  const { home } = await initHome({ folder: join(folder, "mesh"), mesh: nobody });
  return home;
}

function meshOf({ workspaces, agents, calls }: Crowd): string {
  const lines = ["version: 1", "workspaces:", "  empty: {}"];
  for (let workspace = 1; workspace <= workspaces; workspace++) {
    lines.push(`  crowd-${workspace}:`, "    agents:");
    for (let agent = 0; agent < agents; agent++) {
      const called = Array.from({ length: calls }, (_, at) => `a${(agent + at + 1) % agents}.ask`);
      lines.push(`      a${agent}: { skills: [ask], calls: [${called.join(", ")}] }`);
    }
  }
  return `${lines.join("\n")}\n`;
}
