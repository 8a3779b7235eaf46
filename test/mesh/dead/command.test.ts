import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import type { Ran } from "../../support/cli-mesh.ts";
import { left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { serveBroughtBack, servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

function dead(home: HomeMesh, ...args: readonly string[]): Promise<Ran> {
  return home.run("dead", ...args, "--home", home.home.folder);
}

/** A mesh with dead letters of these tasks; what was brought back is done. */
async function withDead(...ids: readonly string[]): Promise<HomeMesh> {
  const home = await storedMesh(painterMesh, ["painter"]);
  await serveBroughtBack(home);
  for (const id of ids) {
    const boss = await home.connect(id.startsWith("r") ? "rival" : "boss");
    const task = await boss.client(painter).paint.submit({ what: `a door, ${id}` }, { id });
    await assert.rejects(task.result(patience));
  }
  return home;
}

interface Shown {
  readonly task: string;
  readonly state: string;
  readonly cause: string;
  readonly body: string;
  readonly traceId: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly origin: { readonly subject: string; readonly sequence: number };
  readonly tries: readonly { readonly begunAt: string; readonly error: string }[];
  readonly markers: readonly { readonly by: string; readonly to: string }[];
}

test("dead ls lists letters, and each option narrows them", async () => {
  await using home = await withDead("t1", "t2", "r1");
  const { out, exit } = await dead(home, "ls");
  assert.equal(exit, 0);
  assert.match(out, /DIED +KIND +AGENT +SKILL +ID +TRIES +BEFORE +STATE +CAUSE/);
  assert.match(out, /task +painter +paint +t1 +1 +0 +open +handler_failed/);
  const tasks = async (...options: readonly string[]): Promise<string> => {
    const { out: text, err } = await dead(home, "ls", "--json", ...options);
    assert.equal(err, "");
    return (JSON.parse(text) as Shown[]).map(({ task }) => task).join();
  };
  assert.equal(await tasks(), "t1,t2,r1");
  assert.equal(await tasks("--from", "rival"), "r1");
  assert.equal(await tasks("--agent", "painter", "--cause", "handler_failed"), "t1,t2,r1");
  assert.equal(await tasks("--agent", "boss"), "");
  assert.equal(await tasks("--cause", "deadline_exceeded"), "");
  assert.equal(await tasks("--since", "1h"), "t1,t2,r1");
  assert.equal(await tasks("--until", "2020-01-01"), "");
  assert.equal(await tasks("--state", "redriven"), "");
  assert.equal(await tasks("--kind", "event"), "");
  assert.equal(await tasks("--most", "3"), "t1,t2,r1");
  const few = await dead(home, "ls", "--most", "2");
  assert.match(few.out, /t1 [\s\S]*t2 /);
  assert.doesNotMatch(few.out, /r1 /);
  assert.match(few.err, /these are the oldest 2; --most shows more/);
});

test("dead show has the whole of a letter: what became of it, its headers and its body", async () => {
  await using home = await withDead("t1");
  const [letter] = JSON.parse((await dead(home, "show", "t1", "--json")).out) as Shown[];
  assert.equal(letter?.body, '{"what":"a door, t1"}');
  assert.equal(letter?.origin.subject, "mesh.task.painter.paint.normal.boss");
  assert.equal(letter?.tries[0]?.error, "handler_failed");
  assert.ok(letter?.headers.some(([name, value]) => name === "Mesh-Id" && value === "t1"));
  const { out } = await dead(home, "show", "mesh.dead.task.painter.paint.t1.0");
  assert.match(out, /^letter +mesh\.dead\.task\.painter\.paint\.t1\.0 \(1\)$/m);
  assert.match(out, /^body +\{"what":"a door, t1"\}$/m);
  const missing = await dead(home, "show", "t9");
  assert.notEqual(missing.exit, 0);
  assert.match(missing.err, /no dead letter is meant by: task t9; .*--state any/);
});

test("dead redrive brings back what is meant: dry, then in earnest, and not again", async () => {
  await using home = await withDead("t1", "t2");
  const vague = await dead(home, "redrive");
  assert.equal(vague.exit, 2);
  assert.match(vague.err, /say which/);
  const dry = await dead(home, "redrive", "--all", "--dry-run");
  assert.equal(dry.exit, 0);
  assert.equal(dry.out.match(/would be redriven/g)?.length, 2);
  assert.equal(await left(home, Store.dead), 2);
  const done = await dead(home, "redrive", "--agent", "painter", "--rate", "20", "--json");
  assert.equal(done.exit, 0, done.err);
  const told = done.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { is: string });
  assert.deepEqual(
    told.map(({ is }) => is),
    ["redriven", "redriven"],
  );
  const boss = await home.connect("boss");
  await eventually("both are done", async () => {
    const states = ["t1", "t2"].map((id) => boss.task(painter, "paint", id).status());
    return (await Promise.all(states)).every(({ state }) => state === "done");
  });
  const again = await dead(home, "redrive", "t1");
  assert.equal(again.exit, 1);
  assert.match(again.out, /refused: it was redriven already at .* by ops/);
  const nothing = await dead(home, "redrive", "--all");
  assert.match(nothing.err, /no dead letter is meant by: open/);
  assert.notEqual(nothing.exit, 0);
});

test("dead redrive and drop of a task's id mean the letter that is open, not those it left before", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const paint = (): never => {
    throw new TypeError("no paint");
  };
  await servePainter(home, paint, { tasks: { attempts: 1 } });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  const open = async (): Promise<unknown[]> => JSON.parse((await dead(home, "ls", "--json")).out);
  for (const letters of [2, 3]) {
    const again = await dead(home, "redrive", "t1");
    assert.deepEqual([again.exit, again.out], [0, "painter.paint t1 redriven\n"], again.err);
    await eventually("it has died again", async () => {
      const all = JSON.parse((await dead(home, "show", "t1", "--json")).out) as unknown[];
      return all.length === letters && (await open()).length === 1;
    });
  }
  const { out } = await dead(home, "show", "t1");
  assert.deepEqual(
    out.match(/^brought back before .*$/gm)?.map((line) => line.slice(20)),
    ["never", "1 time", "2 times"],
  );
  const dropped = await dead(home, "drop", "t1");
  assert.deepEqual([dropped.exit, dropped.out], [0, "painter.paint t1 dropped\n"]);
  assert.equal((await dead(home, "redrive", "t1")).out.match(/refused/g)?.length, 3);
});

test("dead drop is done with a letter, and wrong options say what they may be", async () => {
  await using home = await withDead("t1");
  assert.match((await dead(home, "drop", "t1", "--dry-run")).out, /would be dropped/);
  assert.match((await dead(home, "drop", "t1")).out, /dropped/);
  assert.equal((await dead(home, "ls", "--json")).out, "[]\n");
  const [letter] = JSON.parse((await dead(home, "ls", "--state", "any", "--json")).out) as Shown[];
  assert.deepEqual([letter?.state, letter?.markers[0]?.by], ["dropped", "ops"]);
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["--cause=nonsense", /--cause must be an error code such as handler_failed/],
    ["--since=yesterday", /--since must be a time such as/],
    ["--agent=A.*", /--agent must be/],
    ["--state=gone", /--state must be open, redriven, dropped or any/],
    ["--most=0", /--most must be a whole number from 1 up, got 0/],
  ];
  for (const [option, why] of wrong) {
    const { exit, err } = await dead(home, "ls", option);
    assert.equal(exit, 2, err);
    assert.match(err, why);
  }
  const rate = await dead(home, "redrive", "t1", "--rate", "0");
  assert.match(rate.err, /--rate must be a number above 0/);
});

test("who is no operator cannot read letters, and is told the line that would allow it", async () => {
  await using home = await withDead("t1");
  const { exit, err } = await dead(home, "ls", "--as", "boss");
  assert.notEqual(exit, 0);
  assert.match(err, /permission_denied/);
  assert.match(err, /roles\.operator\.members: \[boss\]/);
});

test("an event's letter is meant by the id that its publisher gave it", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  let hasRoom = false;
  const handle = on(accounts, "user.signed-up", () => {
    if (!hasRoom) throw new TypeError("no room");
  });
  await crm.follow("users", [handle], { attempts: 1 });
  const publisher = await home.connect("accounts");
  for (const id of ["order.42/A", "e2"]) {
    await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id });
  }
  const open = async () => JSON.parse((await dead(home, "ls", "--json")).out) as EventShown[];
  await eventually("both have died", async () => (await open()).length === 2);
  assert.deepEqual(
    (await open()).map(({ eventId }) => eventId),
    ["order.42/A", "e2"],
  );
  assert.match((await dead(home, "ls")).out, /event +crm +users +order\.42\/A +1 /);
  const { out } = await dead(home, "show", "order.42/A", "--json");
  const [letter, ...others] = JSON.parse(out) as EventShown[];
  assert.deepEqual([letter?.eventId, others.length], ["order.42/A", 0]);
  const bySubject = await dead(home, "show", letter?.subject ?? "", "--json");
  assert.equal(bySubject.out, out);
  hasRoom = true;
  const back = await dead(home, "redrive", "e2");
  assert.deepEqual([back.exit, back.out], [0, "crm.users e2 redriven\n"], back.err);
  assert.deepEqual(
    (await open()).map(({ eventId }) => eventId),
    ["order.42/A"],
  );
  const odd = await dead(home, "show", "two words");
  assert.equal(odd.exit, 2);
  assert.match(odd.err, /what is meant must be the id of a task or event, 1 to 128 of /);
});

interface EventShown {
  readonly subject: string;
  readonly eventId: string;
}
