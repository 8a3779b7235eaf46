import { jetstreamManager } from "@nats-io/jetstream";
import type { HomeMesh } from "./home-mesh.ts";
import { joinPlain } from "./stores.ts";

/** A mesh.yaml with everything that needs streams and consumers. */
export const durableMesh = `version: 1
workspaces:
  desk:
    agents:
      worker: { skills: [do], publishes: [work.done, work.begun] }
      boss:
        submits: [worker.do]
        follows: { diary: { from: beginning, events: [worker.work.done] } }
    roles:
      keeper: { members: [keeper] }
`;

/** The plain client of the streams' API, logged in where the streams are. */
export async function storeManager(mesh: HomeMesh, account = "desk-store") {
  const nc = await joinPlain(mesh, "keeper", account);
  const jsm = await jetstreamManager(nc);
  return { nc, jsm, [Symbol.asyncDispose]: () => nc.close() };
}
