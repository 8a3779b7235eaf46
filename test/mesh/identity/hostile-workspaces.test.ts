import assert from "node:assert/strict";
import { test } from "node:test";
import { type AgentPolicy, type MeshPolicy, parseForeignCall } from "@myelin/subjects";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { readAccount, readOperator, SharedCallCheck } from "../../../libs/identity/index.ts";
import { eventually } from "../../../libs/testing/eventually.ts";
import { type Identities, makeIdentities } from "../../../libs/testing/identities.ts";
import { startNats } from "../../../libs/testing/nats-server.ts";
import { plainOptions } from "../../../libs/testing/plain-client.ts";
import { dial } from "../../support/dial.ts";
import { listen, settled } from "../../support/hostile/mesh.ts";

const agent = (given: Partial<AgentPolicy>): AgentPolicy => ({
  ...{ skills: [], calls: [], submits: [], publishes: [], hears: [], vouches: false, follows: {} },
  ...given,
});

/** Third may ask desk's bob. Mallory of desk and the colluder of sales, which desk may ask, want to pass for third. */
const policy: MeshPolicy = {
  version: 1,
  workspaces: {
    desk: {
      ...{ guests: false, roles: {}, shares: [{ skill: "bob.list", with: ["third"] }] },
      agents: {
        bob: agent({ skills: ["list", "wipe"] }),
        mallory: agent({ skills: ["nice"], calls: ["bob.list", "sales/colluder.play"] }),
      },
    },
    sales: {
      ...{ guests: false, roles: {}, shares: [{ skill: "colluder.play", with: ["desk"] }] },
      agents: { colluder: agent({ skills: ["play"] }), bob: agent({ skills: ["list"] }) },
    },
    third: {
      ...{ guests: false, roles: {}, shares: [] },
      agents: { ceo: agent({ calls: ["desk/bob.list"] }), bob: agent({ skills: ["list"] }) },
    },
  },
};

/** One server with three workspaces, and plain clients. */
async function start() {
  const identities = await makeIdentities(policy);
  const server = await startNats({ config: identities.config });
  const clients: NatsConnection[] = [];
  return {
    identities,
    async login(name: string, workspace: string): Promise<NatsConnection> {
      const file = await identities.credentials(name, workspace);
      const { caFile } = identities.issuer;
      const options = plainOptions({ name, file, caFile, url: server.url });
      const nc = await dial({ ...options, reconnect: false });
      clients.push(nc);
      return nc;
    },
    async [Symbol.asyncDispose]() {
      for (const nc of clients) await nc.close();
      await server.stop();
    },
  };
}

test("agents of one name in two workspaces hear nothing of each other", async () => {
  await using mesh = await start();
  const theirs = await mesh.login("bob", "sales");
  const heard = await listen(theirs, "mesh.call.bob.*.*.*");
  const ours = await listen(await mesh.login("bob", "desk"), "mesh.call.bob.*.*.*");
  const mallory = await mesh.login("mallory", "desk");
  mallory.publish("mesh.call.bob.list.any.mallory", "{}", { reply: "_INBOX.mallory.i1.t1" });
  await settled(mallory, theirs);
  assert.equal(heard.length, 0);
  await eventually("it is heard at home", () => ours.length === 1);
});

test("a shared skill is asked, answered in pieces and cancelled across workspaces; no other skill is", async () => {
  await using mesh = await start();
  const bob = await mesh.login("bob", "desk");
  const calls = await listen(bob, "mesh.xcall.*.bob.*.any.*");
  const control = await listen(bob, "mesh.xcontrol.*.bob.any.*");
  const ceo = await mesh.login("ceo", "third");
  const answers = await listen(ceo, "_INBOX.ceo.i1.*");
  const reply = "_INBOX.ceo.i1.t1";
  await reached(ceo, calls, () =>
    ceo.publish("mesh.outcall.desk.bob.list.any.ceo", "ask", { reply }),
  );
  const call = calls.at(-1);
  assert.equal(accountOf(call), accountNamed(mesh.identities, "third"));
  assert.match(call?.reply ?? "", /^_R_\./);
  for (const frame of ["one", "two", "three"]) call?.respond(frame);
  await eventually("all pieces are there", () => answers.filter(isSaid).length >= 3);
  ceo.publish("mesh.outcontrol.desk.bob.any.ceo", "cancel", { reply: "_INBOX.ceo.i1.t2" });
  await eventually("the cancel is there", () => control[0]?.string() === "cancel");
  ceo.publish("mesh.outcall.desk.bob.wipe.any.ceo", "wipe", { reply });
  await settled(ceo, bob);
  assert.equal(
    calls.some((message) => message.string() === "wipe"),
    false,
  );
});

test("nobody of the callee's own workspace writes a foreign account into a call", async () => {
  await using mesh = await start();
  const calls = await listen(await mesh.login("bob", "desk"), "mesh.xcall.*.bob.*.any.*");
  const mallory = await mesh.login("mallory", "desk");
  const third = accountNamed(mesh.identities, "third");
  for (const account of [third, "desk", "third"])
    mallory.publish(`mesh.xcall.${account}.bob.list.any.ceo`, "forged");
  await settled(mallory);
  assert.deepEqual(calls, []);
});

test("a responder of another workspace that plays along is not believed to be a third one", async () => {
  await using mesh = await start();
  const calls = await listen(await mesh.login("bob", "desk"), "mesh.xcall.*.bob.*.any.*");
  const colluder = await mesh.login("colluder", "sales");
  const third = accountNamed(mesh.identities, "third");
  colluder.subscribe("mesh.xcall.*.colluder.*.any.*", {
    callback: (_error, message) => void message.respond("forged", { reply: "answer.me" }),
  });
  await colluder.flush();
  const mallory = await mesh.login("mallory", "desk");
  // The answer goes where mallory says, and the colluder's own reply subject makes it look like a call.
  await reached(mallory, calls, () =>
    mallory.publish("mesh.outcall.sales.colluder.play.any.mallory", "{}", {
      reply: `mesh.xcall.${third}.bob.list.any.ceo`,
    }),
  );
  const [forged] = calls;
  // Without a signature it could not be told from a call of third's: this is why one is demanded.
  assert.equal(accountOf(forged), third);
  assert.match(forged?.reply ?? "", /^_R_\./);
  const check = new SharedCallCheck(trustIn(mesh.identities));
  const claimed = {
    ...{ account: third, caller: "ceo", agent: "bob", skill: "list", route: "any", id: "1" },
    ...{ token: "t", contentType: "application/json", body: forged?.data ?? new Uint8Array() },
    ...{ envelope: "", signer: "" },
  };
  const own = accountNamed(mesh.identities, "desk");
  await assert.rejects(check.verify(claimed, own, new Date()), { code: "permission_denied" });
});

/** Publishes until the answer of the servers' accounts, which load at their first login, lets it through. */
async function reached(
  nc: NatsConnection,
  heard: readonly Msg[],
  publish: () => void,
): Promise<void> {
  await eventually("it is heard", async () => {
    publish();
    await nc.flush();
    return heard.length > 0;
  });
}

/** Whether it is an answer, not the server's word that nobody listens. */
function isSaid(message: Msg): boolean {
  return message.data.length > 0;
}

function accountOf(call: Msg | undefined): string | undefined {
  const parsed = parseForeignCall(call?.subject ?? "");
  return parsed.ok ? parsed.value.account : undefined;
}

function accountJwts(identities: Identities): readonly string[] {
  return [...identities.config.matchAll(/^A[A-Z2-7]{55}: (\S+)$/gm)].map(([, jwt = ""]) => jwt);
}

function accountNamed(identities: Identities, name: string): string {
  const jwt = accountJwts(identities).find((one) => readAccount(one).name === name);
  return readAccount(jwt ?? "").account;
}

function trustIn(identities: Identities) {
  const { operator, signingKeys } = readOperator(identities.issuer.operatorJwt);
  return {
    operatorKeys: [operator, ...signingKeys],
    accountJwt: async (account: string) =>
      accountJwts(identities).find((jwt) => readAccount(jwt).account === account),
  };
}
