import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import type { NatsConnection } from "@nats-io/transport-node";
import { messageId } from "../../../libs/durable/stored/signing.ts";
import { parseCredentials } from "../../../libs/identity/index.ts";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { left } from "../../support/durable-facts.ts";
import { owed, putEvent } from "../../support/event-facts.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const mesh = accountsMesh.replace(
  "rival: { publishes: [user.signed-up], hears: [accounts.user.signed-up] }",
  `rival:
        skills: [answer]
        publishes: [user.signed-up]
        hears: [accounts.user.signed-up]
        follows: { own: { from: beginning, events: [accounts.user.signed-up] } }`,
);

/** What of all this the server refused. */
async function refused(nc: NatsConnection, subjects: readonly string[]): Promise<string[]> {
  const seen: string[] = [];
  const listening = (async () => {
    for await (const { type, ...status } of nc.status()) {
      if (type === "error") seen.push(String((status as { error?: Error }).error?.message));
    }
  })();
  for (const subject of subjects) nc.publish(subject, "{}", { reply: "_INBOX.rival.x" });
  await nc.flush();
  await eventually("the server has said it", () => seen.length >= subjects.length).catch(() => {});
  await nc.close();
  await listening;
  return subjects.filter((subject) => seen.some((text) => text.includes(`"${subject}"`)));
}

test("an agent tells nothing under another's name, and takes, ends and reads nothing of another's subscription", async () => {
  await using home = await storedMesh(mesh, []);
  await (await home.connect("accounts")).publish(accounts, "user.signed-up", { user: "ada" });
  const attempts = [
    "mesh.event.accounts.user.signed-up",
    "mesh.event.rival.user.left",
    "mesh.moved.crm.users.rival",
    "mesh.moved.crm.users.ops",
    "mesh.dead.event.crm.users.1-x.0",
    "mesh.dead.task.rival.own.t1.0",
    "mesh.js.CONSUMER.MSG.NEXT.MESH_EVENTS.crm=users",
    "mesh.js.CONSUMER.INFO.MESH_EVENTS.crm=users",
    "mesh.js.DIRECT.GET.MESH_EVENTS.mesh.event.accounts.user.signed-up",
    "mesh.js.DIRECT.GET.MESH_DEAD.mesh.dead.event.crm.users.1-x.0",
    "mesh.js.DIRECT.GET.MESH_EVENTS",
    "mesh.js.STREAM.MSG.GET.MESH_EVENTS",
    "$JS.ACK.MESH_EVENTS.crm=users.1.1.1.1700000000000000000.0",
    "$JS.ACK._.abc.MESH_EVENTS.crm=users.1.1.1.1700000000000000000.0",
  ];
  assert.deepEqual(await refused(await joinPlain(home, "rival"), attempts), attempts);
  assert.equal(await left(home, Store.events), 1);
  assert.equal(await owed(home, "crm=users"), 1);
});

test("what others put into a follower's inbox is counted, and never handled or acknowledged", async () => {
  await using home = await storedMesh(mesh, []);
  const ops = await joinPlain(home, "ops");
  const asked: string[] = [];
  ops.subscribe("mesh.js.CONSUMER.MSG.NEXT.MESH_EVENTS.crm=users", {
    callback: (_error, { reply = "" }) => void asked.push(reply),
  });
  await ops.flush();
  const crm = await home.connect("crm");
  const seen: string[] = [];
  await crm.follow("users", [on(accounts, "user.signed-up", ({ user }) => void seen.push(user))]);
  const [inbox = ""] = await eventually("it asked", () => asked.length > 0 && asked);
  const rival = await joinPlain(home, "rival");
  const forged = JSON.stringify({ user: "eve" });
  // With an acknowledgement's subject that looks like one of crm's: the server itself lets that not pass.
  const reply = "$JS.ACK.MESH_EVENTS.crm=users.1.1.1.1700000000000000000.0";
  rival.publish(inbox, forged, { reply });
  rival.publish(inbox, forged);
  // What its own consumer has, delivered there: it has an event's subject, and is another's.
  await putEvent(rival, "mesh.event.rival.user.signed-up", forged, { "ce-id": "e1" });
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await eventually("the true one came", () => seen.length === 1);
  const pull = JSON.stringify({ batch: 1, expires: 2e9 });
  rival.publish("mesh.js.CONSUMER.MSG.NEXT.MESH_EVENTS.rival=own", pull, { reply: inbox });
  const counted = () => crm.metrics.snapshot().refused["delivery"] === 2;
  await eventually("both are counted", counted);
  await Promise.all([ops.close(), rival.close()]);
  assert.deepEqual(seen, ["ada"]);
});

test("an id that another has used up keeps no event from being stored", async () => {
  await using home = await storedMesh(mesh, []);
  const signer = parseCredentials(readFileSync(home.creds("accounts"), "utf8"));
  const rival = await joinPlain(home, "rival");
  // As somebody could who heard the event live while the store did not take it.
  const used = messageId("event mesh.event.accounts.user.signed-up e1", signer);
  await putEvent(rival, "mesh.event.rival.user.signed-up", "{}", { "Nats-Msg-Id": used });
  await rival.close();
  const { publish } = await home.connect("accounts");
  const receipt = await publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  assert.deepEqual(receipt, { id: "e1", stored: true, sequence: 2, duplicate: false });
});
