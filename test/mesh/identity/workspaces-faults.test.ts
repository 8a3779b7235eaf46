import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { connect, MeshCode, serve, type Trust } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { readAccount, readOperator } from "../../../libs/identity/index.ts";
import { startCluster, type TestCluster } from "../../../libs/testing/cluster.ts";
import { echo } from "../../support/echo.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { launchAgent } from "../../support/launch.ts";
import { movedMs } from "../../support/moved.ts";
import { handlers, policy, seen, summarizer } from "../../support/workspaces.ts";

const desk = { workspace: "desk" };

const echoPolicy = `version: 1
workspaces:
  desk:
    agents: { echo: { skills: [who, once] } }
    shares: [{ skill: echo.once, with: [sales] }]
  sales:
    agents: { pricer: { skills: [], calls: [desk/echo.once] } }
`;

test("a call to an instance of another workspace that is killed ends with unknown_outcome, soon", async () => {
  await using mesh = await HomeMesh.start({ mesh: echoPolicy });
  assert.equal((await mesh.run("apply")).exit, 0);
  const { servers, credentials, tls } = mesh.access("echo");
  await using agent = await launchAgent({
    env: { MYELIN_URL: servers, MYELIN_CREDS: credentials, MYELIN_CA: tls.caFile },
  });
  const client = (await mesh.connect("pricer", "sales")).client(echo, desk);
  assert.deepEqual(await client.once({ ms: 0 }), { instance: agent.instance });
  const waiting = client.once({ ms: 20_000 });
  await eventually("it works on the call", () => agent.lines.includes("begun"));
  agent.signal("SIGKILL");
  const from = movedMs();
  await assert.rejects(waiting, { code: MeshCode.UnknownOutcome });
  assert.ok(movedMs() - from < 5_000);
});

test("calls, streams and cancel cross between workspaces on different servers of a cluster", async () => {
  await using cluster = await startCluster({ policy });
  const [one = "", two = ""] = cluster.urls;
  const trust = trustOf(cluster);
  const what = seen();
  await using _agent = await serve(summarizer, handlers(what), {
    ...{ ...cluster.accessTo("desk"), trust, servers: one },
  });
  await using pricer = await connect({
    ...{ ...cluster.accessTo("sales"), trust, servers: two, name: "pricer" },
  });
  const client = pricer.client(summarizer, desk);
  // The servers tell each other who listens where.
  const first = await eventually("it can be called", () => client.condense({ text: "x" }));
  assert.equal(first.caller, "sales/pricer");
  let bytes = 0;
  for await (const frame of client.spell({ frames: 300, bytes: 8_192 })) bytes += frame.length;
  assert.equal(bytes, 300 * 8_192);
  assert.deepEqual(await client.wait({ ms: 800 }), { ms: 800 });
  await assert.rejects(client.wait({ ms: 20_000 }, { signal: AbortSignal.timeout(2_000) }), {
    code: MeshCode.DeadlineExceeded,
  });
  await eventually("the handler hears of it", () => what.cancelledAt !== undefined);
});

/** What the home has issued. */
function trustOf({ home }: TestCluster): Trust {
  const { operator, signingKeys } = readOperator(
    readFileSync(home.layout.operator.jwt, "utf8").trim(),
  );
  const accounts = ["desk", "sales", "lab"].map((name) =>
    readFileSync(home.layout.account(name).jwt, "utf8").trim(),
  );
  return {
    operatorKeys: [operator, ...signingKeys],
    accountJwt: async (account) => accounts.find((jwt) => readAccount(jwt).account === account),
  };
}
