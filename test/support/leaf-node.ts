import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { guardedFolder } from "../../libs/testing/guard.ts";
import { testIssuer } from "../../libs/testing/issuer.ts";
import { type NatsServer, startNats } from "../../libs/testing/nats-server.ts";
import { leaf } from "./hostile/accounts.ts";
import { HostileMesh } from "./hostile/mesh.ts";

/** A mesh, and a server elsewhere that joins it as a leaf: one connection, for the workspace's account alone. */
export interface LeafMesh extends AsyncDisposable {
  readonly hub: HostileMesh;
  readonly leaf: NatsServer;
}

/** Starts both; they speak TLS with each other. The leaf keeps no streams: who asks for one could hear either. */
export async function startLeafMesh(): Promise<LeafMesh> {
  const issuer = await testIssuer();
  const hub = await HostileMesh.start();
  const credentials = join(guardedFolder(), "leaf.creds");
  writeFileSync(credentials, await hub.accounts.credentials(leaf), { mode: 0o600 });
  const remote = [
    `url: "${hub.leafUrl}", account: ${hub.accounts.account}`,
    `credentials: "${credentials}", tls { ca_file: "${issuer.caFile}" }`,
  ].join(", ");
  const preload = ["resolver_preload {", issuer.systemEntry, ...hub.accounts.entries, "}"];
  const config = [issuer.config, ...preload, `leafnodes { remotes: [{ ${remote} }] }`].join("\n");
  const server = await startNats({ config });
  return {
    hub,
    leaf: server,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await hub[Symbol.asyncDispose]();
    },
  };
}
