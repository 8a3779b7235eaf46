import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { type ConnectOptions, connect, serve } from "@myelin/mesh";
import { observe } from "@myelin/mesh/operate";
import { eventually } from "../../libs/testing/eventually.ts";
import { startNats } from "../../libs/testing/nats-server.ts";
import { certify, tlsConfig } from "../support/authority.ts";
import { startIssued } from "../support/issued.ts";
import { keeping, underLoad, worker, working } from "../support/rotating.ts";

type Issued = Awaited<ReturnType<typeof startIssued>>;

const takenUp = /takes up other credentials or certificates, without losing anything/;

async function connections(mesh: Issued): Promise<number> {
  const answer = await fetch(`${mesh.server.monitorUrl}/connz`);
  return ((await answer.json()) as { readonly num_connections: number }).num_connections;
}

/** Replaces all credentials so many times under full load, and says what became of the calls. */
async function replacing(
  mesh: Issued,
  rounds: number,
  access: Pick<ConnectOptions, "servers" | "tls">,
  revokes: boolean,
): Promise<string> {
  const names = ["worker", "ada", "bob", "eve"];
  let old = await Promise.all(names.map((name) => mesh.renew(name)));
  const log = keeping();
  const options = { ...access, credentials: { folder: mesh.folder }, logger: log.logger };
  const ran = new Map<string, number>();
  const roomy = { ...options, concurrency: 1_000 };
  await using _one = await serve(worker, working(ran), roomy);
  await using _two = await serve(worker, working(ran), roomy);
  await using ada = await connect({ ...options, name: "ada" });
  await using bob = await connect({ ...options, name: "bob" });
  await using eve = await connect({ ...options, name: "eve" });
  await bothAreThere({ ...access, credentials: options.credentials });
  const callers = [ada, bob, eve];
  await using adas = underLoad(ada);
  await using bobs = underLoad(bob);
  await using eves = underLoad(eve);
  const loads = [adas, bobs, eves];
  for (let round = 1; round <= rounds; round++) {
    const fresh = await Promise.all(names.map((name) => mesh.renew(name)));
    // Two instances share the worker's file.
    const all = () => log.count(takenUp) === 5 * round;
    await eventually("all have taken up theirs", all);
    if (!revokes) continue;
    const closed = async () => (await connections(mesh)) === 5;
    await eventually("the old connections are closed", closed);
    for (const text of old) await mesh.revoke(text);
    old = fresh;
  }
  const done = await Promise.all(loads.map((load) => load.stop()));
  assert.deepEqual(done.flatMap(({ failures }) => failures).slice(0, 5), []);
  // Retries would hide what the change of connection did to single attempts.
  const meters = callers.flatMap(({ metrics }) => [...metrics.clients.all()]);
  assert.deepEqual(
    meters.flatMap((meter) => [...meter.attemptErrors.entries()]),
    [],
  );
  const notOnce = done.flatMap(({ ids }) => ids).filter((id) => ran.get(id) !== 1);
  assert.deepEqual(notOnce.slice(0, 5), []);
  assert.deepEqual(
    log.lines.filter((line) => line.startsWith("warn")),
    [],
  );
  const calls = done.reduce((sum, load) => sum + load.calls, 0);
  const streams = done.reduce((sum, load) => sum + load.streams, 0);
  assert.ok(calls > 1_000 && streams > 20, `${calls} calls, ${streams} streams`);
  return `${calls} calls and ${streams} streams of 300 frames over ${5 * rounds} changes of connection`;
}

/** Resolves when both workers are heard through each server: one learns a moment later who has joined another. */
async function bothAreThere({ servers = [], ...access }: Omit<ConnectOptions, "name">) {
  for (const server of [servers].flat()) {
    await using eve = await observe({ ...access, servers: [server], name: "eve" });
    const areThere = async () => (await eve.stats("worker", { most: 2 })).length === 2;
    await eventually(`both are there for ${server}`, areThere);
  }
}

test("under full load no call fails, no reply is lost, and nothing runs twice while all credentials are replaced and the old ones revoked", async (t) => {
  const config = async (folder: string) => {
    await certify(folder);
    return tlsConfig(folder);
  };
  await using mesh = await startIssued({ config, monitor: true });
  const tls = { caFile: join(mesh.folder, "ca.pem") };
  t.diagnostic(await replacing(mesh, 4, { servers: mesh.server.url, tls }, true));
});

test("nor on a cluster of three, where the next connection goes to the same node", async (t) => {
  await using mesh = await startIssued();
  const first = randomInt(15_000, 19_000);
  const routes = [0, 1, 2].map((n) => `"nats://127.0.0.1:${first + n}"`).join(", ");
  const node = (n: number) =>
    startNats({
      config: [
        `server_name: n${n}`,
        mesh.config.replace("/jwt", `/jwt${n}`),
        `cluster { name: c, listen: "127.0.0.1:${first + n}", routes: [${routes}] }`,
      ].join("\n"),
    });
  await using one = await node(0);
  await using two = await node(1);
  await using three = await node(2);
  const nodes = [one, two, three];
  const joined = () => nodes.every(({ log }) => /Route connection created/.test(log));
  await eventually("they are one cluster", joined);
  const servers = nodes.map(({ url }) => url);
  t.diagnostic(await replacing(mesh, 2, { servers }, false));
});
