import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { readAccount } from "../../../libs/identity/index.ts";
import { accountFacts, revokeIdentity } from "../../../libs/operate/home/index.ts";
import { startCluster, type TestCluster } from "../../../libs/testing/cluster.ts";
import { eventually } from "../../../libs/testing/eventually.ts";
import { dial } from "../../support/dial.ts";
import { movedMs } from "../../support/moved.ts";

const policy = `
version: 1
workspaces:
  desk:
    agents:
      bob: { skills: [wipe] }
      carol: { skills: [sum], calls: [bob.wipe] }
`;

/** The server's own patience, where nothing else is said: a minute of open doors. */
const usualInterval = "60s";

test("who was revoked while a server was down does not stay on it once it is back", async () => {
  await using cluster = await startCluster({ policy });
  await revokedWhileDown(cluster);
  const from = movedMs();
  await eventually("mallory is out", async () => !(await staysIn(cluster, "bob")));
  assert.ok(movedMs() - from < 4_000);
  assert.equal(await staysIn(cluster, "carol"), true);
});

test("without the short interval of the resolver it stays: who was revoked while a server was down", async () => {
  await using cluster = await startCluster({ policy, interval: usualInterval });
  await revokedWhileDown(cluster);
  await assert.rejects(
    eventually("mallory is out", async () => !(await staysIn(cluster, "bob")), {
      timeoutMs: 3_000,
    }),
  );
});

test("a revocation cuts on every server within a second, and nobody else notices", async () => {
  await using cluster = await startCluster({ policy });
  const [bobs, carols] = await Promise.all([
    Promise.all(cluster.nodes.map((node) => login(cluster, node.url, "bob"))),
    Promise.all(cluster.nodes.map((node) => login(cluster, node.url, "carol"))),
  ]);
  await nextSecond(cluster);
  const from = movedMs();
  const revoking = revokeIdentity(cluster.home, { name: "bob" }, { servers: cluster.urls });
  await eventually("each of its connections is cut", () => bobs.every((nc) => nc.isClosed()));
  const tookMs = movedMs() - from;
  assert.ok(tookMs < 1_000, `it took ${tookMs} ms`);
  await revoking;
  for (const nc of carols) assert.equal(nc.isClosed(), false);
  for (const node of cluster.nodes)
    await assert.rejects(login(cluster, node.url, "bob"), /authorization|revoked/i);
  await Promise.all(carols.map((nc) => nc.close()));
});

/** Waits until the account may be issued anew at once: two JWTs of one second are not told apart by servers. */
async function nextSecond({ home }: TestCluster): Promise<void> {
  const { issuedAt } = readAccount(accountFacts(home, "desk").jwt);
  await eventually("a second has passed", () => Date.now() - issuedAt.getTime() > 1_000);
}

/** Revokes bob while the last server is down, and starts that again. */
async function revokedWhileDown(cluster: TestCluster): Promise<void> {
  const { nodes, home } = cluster;
  const late = nodes.at(-1);
  await login(cluster, late?.url ?? "", "bob").then((nc) => nc.close());
  await late?.kill();
  const servers = cluster.urls.slice(0, -1);
  await revokeIdentity(home, { name: "bob" }, { servers });
  await late?.restart();
}

/** Whether a name gets in at the last server and is still there at once after. */
async function staysIn(cluster: TestCluster, name: string): Promise<boolean> {
  try {
    const nc = await login(cluster, cluster.nodes.at(-1)?.url ?? "", name);
    // Where it is cut at this very moment nobody answers any more.
    const isThere = await Promise.race([
      nc.flush().then(() => true),
      nc.closed().then(() => false),
    ]);
    await nc.close();
    return isThere;
  } catch {
    return false;
  }
}

function login(cluster: TestCluster, url: string, name: string): Promise<NatsConnection> {
  const file = cluster.home.layout.creds("desk").of(name);
  return dial({
    servers: url,
    tls: { caFile: cluster.caFile },
    authenticator: credsAuthenticator(readFileSync(file)),
    inboxPrefix: `_INBOX.${name}`,
    reconnect: false,
  });
}
