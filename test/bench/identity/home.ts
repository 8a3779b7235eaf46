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
import { names } from "../call/names.ts";
import { BenchError, type Setting } from "../support/bench.ts";
import type { Login } from "../support/login.ts";
import { Server } from "../support/server.ts";

const workspace = "bench";

/** Who may do what: each caller may call its own agent, and that is all. */
const meshFile = `version: 1
workspaces:
  ${workspace}:
    agents:
      ${names.mesh.agent}: { skills: [echo] }
      ${names.raw.agent}: { skills: [echo] }
      ${names.mesh.caller}: { calls: [${names.mesh.agent}.echo] }
      ${names.raw.caller}: { calls: [${names.raw.agent}.echo] }
`;

/** A mesh as `myelin init` makes it, below this folder. */
export async function makeHome(folder: string): Promise<Home> {
  const { home } = await initHome({ folder: join(folder, "mesh"), mesh: meshFile });
  writeServer(home);
  return home;
}

/** Its server, with what `myelin apply` publishes: cards are verified as in any running mesh. */
export async function startSecure(setting: Setting, home: Home): Promise<Server> {
  // The bench says where it listens.
  const config = serverConfig(home).replace(/^listen:.*$/m, "");
  const server = await Server.start(setting, () => config);
  try {
    const plan = await planApply(home, readMeshFile(meshFile, "mesh.yaml"), meshFile);
    const applied = await applyPlan(home, plan, { reach: { servers: [server.url] } });
    if (applied.published > 0) return server;
    throw new BenchError(`no card can be verified: ${applied.unpublished ?? "nothing published"}`);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** What everybody in it logs in with. */
export function loginOf({ layout }: Home): Login {
  return { caFile: layout.tls.ca, folder: layout.creds(workspace).folder };
}
