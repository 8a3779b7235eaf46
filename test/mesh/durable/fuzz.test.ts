import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import fc from "fast-check";
import { accounts } from "../../support/accounts-mesh.ts";
import { left } from "../../support/durable-facts.ts";
import { deliveries, owed } from "../../support/event-facts.ts";
import { blocksOf, bodiesLike, bounded, tokensLike } from "../../support/nonsense.ts";
import { painter } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { publishRaw } from "../../support/raw.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const mesh = `version: 1
workspaces:
  desk:
    agents:
      painter: { skills: [paint, sketch, stroke] }
      boss: { submits: [painter.*] }
      accounts: { publishes: [user.signed-up] }
      crm: { follows: { users: { from: beginning, events: [accounts.user.signed-up] } } }
    roles:
      keeper: { members: [keeper] }
`;

/** Tasks that nonsense is about; a good one has another id. */
const ids = ["t1", "t2"];
const patience = { timeoutMs: 20_000 };
const moved = JSON.stringify({ why: "redrive", id: "t1", generation: 1, to: "painter" });
const types = ["json", "protobuf", "vnd.myelin.claim", "vnd.myelin.sealed"];
const blocks = blocksOf({
  "Mesh-Id": [...ids, "cancel-t1", "a b"],
  "Mesh-Timeout": ["1", "60000"],
  "Mesh-Path": ["boss", "boss,painter", "painter,painter"],
  "Mesh-Attempt": ["1", "99"],
  "Mesh-Contract": ["1.2.0", "2.0.0", "v1"],
  "Mesh-Key": ["door", "a door"],
  "Mesh-Skill": ["paint", "sketch"],
  "Mesh-Error": ["internal", "domain_error", "overloaded"],
  "Mesh-Generation": ["1"],
  "Mesh-Moved": [moved, "{}", "null", "[1]"],
  "Mesh-Replay": ["{}", "null"],
  "Mesh-Conversation": ["c1"],
  "Mesh-Envelope": ["a.b"],
  "Mesh-Signer": ["a.b.c"],
  "Content-Type": types.map((type) => `application/${type}`),
  "ce-id": ["e1", "%E0%A4%A"],
  "ce-type": ["accounts.user.signed-up"],
  "ce-source": ["accounts"],
  "ce-time": ["2026-01-01T00:00:00Z", "now"],
  "ce-specversion": ["1.0", "2.0"],
  "ce-datacontenttype": ["application/json", "text/xml"],
});
const bodies = bodiesLike(
  "null",
  "7",
  '{"what":"a door"}',
  '{"user":"ada"}',
  '{"attempt":1,"instance":"x"}',
  '{"submitter":"boss","task":"t1","generation":0,"until":9e15}',
  '{"claim":1,"id":"aaaaaaaaaaaaaaaa","bytes":20,"partBytes":1024,"sha256":"x","type":"application/json"}',
);
const skills = tokensLike("paint", "sketch", "stroke");
const tasks = skills.map((skill) => ["boss", `mesh.task.painter.${skill}.normal.boss`] as const);
const states = fc
  .tuple(fc.constantFrom(...ids), tokensLike("final", "running", "progress", "checkpoint", "key"))
  .map(([id, state]) => ["painter", `mesh.result.boss.${id}.${state}.painter`] as const);
const events = fc.constant(["accounts", "mesh.event.accounts.user.signed-up"] as const);
// What is empty ends the pull that brings it, at the server: see empty.test.ts.
const letters = fc
  .tuple(fc.oneof(tasks, states, events), bodies, blocks)
  .filter(([, body]) => body.length > 0);

test("no bytes in the streams crash or hang who works, who waits or who follows", async () => {
  await using home = await storedMesh(mesh, ["painter"]);
  const known: string[] = [];
  await servePainter(home, ({ what }) => ({ painted: what }));
  const crm = await home.connect("crm");
  const note = on(accounts, "user.signed-up", ({ user }) => void known.push(user));
  await crm.follow("users", [note], { attempts: 2, firstDelayMs: 20 });
  const boss = await home.connect("boss");
  const publisher = await home.connect("accounts");
  const plain = {
    boss: await joinPlain(home, "boss"),
    painter: await joinPlain(home, "painter"),
    accounts: await joinPlain(home, "accounts"),
  };
  /** Whatever is told of it is what the contract promises, or an error of ours that is no crash of ours. */
  const ends = async (work: Promise<{ readonly painted?: string }>): Promise<void> => {
    try {
      assert.equal(typeof (await work).painted, "string");
    } catch (error) {
      if (!isMeshError(error)) throw error;
      assert.ok(error.code !== "internal" || error.origin === "peer", String(error.cause));
    }
  };
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(letters, { minLength: 1, maxLength: 20 }), async (list) => {
      for (const [[who, subject], body, block] of list) {
        publishRaw(plain[who], subject, body, "", block);
      }
      await Promise.all(Object.values(plain).map((nc) => nc.flush()));
      const waits = ids.map((id) => boss.task(painter, "paint", id).result({ timeoutMs: 100 }));
      await Promise.all(waits.map(ends));
      const name = `good-${++round}`;
      const task = await boss.client(painter).paint.submit({ what: name }, { id: name });
      assert.deepEqual(await task.result(patience), { painted: name });
      await publisher.publish(accounts, "user.signed-up", { user: name });
      await eventually("the good event is handled", () => known.includes(name), patience);
    }),
    bounded(100),
  );
  await Promise.all(Object.values(plain).map((nc) => nc.close()));
  await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0, patience);
  const isSettled = async () => (await owed(home, "crm=users")) === 0;
  await eventually("no event is owed", isSettled, patience);
  assert.ok((await deliveries(home, "crm=users")) > round, "some nonsense was among them");
});
