import { readFileSync } from "node:fs";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import type { HomeMesh } from "./home-mesh.ts";

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
  const nc = await connect({
    servers: mesh.server.url,
    tls: { caFile: mesh.home.layout.tls.ca },
    authenticator: credsAuthenticator(readFileSync(mesh.creds("keeper", account))),
    inboxPrefix: "_INBOX.keeper",
    reconnect: false,
  });
  const jsm = await jetstreamManager(nc);
  return { nc, jsm, [Symbol.asyncDispose]: () => nc.close() };
}
