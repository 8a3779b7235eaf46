import assert from "node:assert/strict";
import { test } from "node:test";
import { type Context, isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Header, Store } from "@myelin/subjects";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { sendPlain } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const once = { tasks: { attempts: 1, firstDelayMs: 20 } };

/** What a handler saw of a task. */
type Seen = Pick<Context, "id" | "caller" | "moved" | "left" | "attempt">;

function seenBy({ id, caller, moved, left: before, attempt }: Context): Seen {
  return { id, caller, moved, left: before, attempt };
}

test("a redriven task runs under its own id for its own submitter, who gets the answer", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let hasPaint = false;
  const seen: Seen[] = [];
  await servePainter(
    home,
    async ({ what }, ctx) => {
      seen.push(seenBy(ctx));
      await ctx.checkpoint({ by: ctx.moved?.generation ?? 0 });
      if (!hasPaint) throw new TypeError("no paint");
      return { painted: what };
    },
    once,
  );
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  hasPaint = true;
  await using office = await deadOffice(home);
  const [letter] = await listed(office);
  assert.deepEqual(
    [letter?.agent, letter?.task, letter?.cause, letter?.generation, letter?.facts.attempts],
    ["painter", "t1", "handler_failed", 0, 1],
  );
  const [told, ...others] = await redriven(office, { task: "t1" });
  assert.deepEqual([told?.is, told?.generation, others], ["redriven", 1, []]);
  await eventually(
    "it is done",
    async () => (await boss.task(painter, "paint", "t1").status()).state === "done",
  );
  assert.deepEqual(await boss.task(painter, "paint", "t1").result(patience), { painted: "a door" });
  assert.deepEqual(seen, [
    { id: "t1", caller: "boss", moved: undefined, left: undefined, attempt: 1 },
    {
      id: "t1",
      caller: "boss",
      moved: { why: "redrive", generation: 1 },
      left: { by: 0 },
      attempt: 1,
    },
  ]);
  await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0);
});

test("a redriven task runs for whoever looks, and who saw it fail gets its new answer", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let hasPaint = false;
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const paint = async ({ what }: { what: string }) => {
    if (!hasPaint) throw new TypeError("no paint");
    await gate;
    return { painted: what };
  };
  await servePainter(home, paint, once);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  assert.equal((await task.status()).state, "failed");
  hasPaint = true;
  await using office = await deadOffice(home);
  await redriven(office, { task: "t1" });
  const other = boss.task(painter, "paint", "t1");
  await eventually("it runs again", async () => (await other.status()).state === "running");
  assert.equal((await task.status()).state, "running");
  const answers = [task, other, boss.task(painter, "paint", "t1")].map((handle) =>
    handle.result(patience),
  );
  go();
  assert.deepEqual(await Promise.all(answers), Array(3).fill({ painted: "a door" }));
  assert.deepEqual(await task.result(patience), { painted: "a door" });
  assert.equal((await task.status()).state, "done");
});

test("a letter that was brought back is not brought back again, and says when and by whom", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let runs = 0;
  await servePainter(
    home,
    () => {
      runs++;
      throw new TypeError("no paint");
    },
    once,
  );
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  await using office = await deadOffice(home);
  const [first] = await redriven(office, { task: "t1" });
  assert.equal(first?.is, "redriven");
  await eventually("it died again", async () => (await listed(office)).length === 1);
  const [again] = await redriven(office, { state: "redriven" });
  assert.equal(again?.is, "refused");
  assert.match(again?.why ?? "", /^it was redriven already at \d{4}-.* by ops$/);
  assert.equal(runs, 2);
  const [second] = await redriven(office, {});
  assert.deepEqual([second?.is, second?.generation], ["redriven", 2]);
  await eventually("it died a third time", async () => {
    const all = await listed(office, { state: "any" });
    return all.map(({ generation }) => generation).join() === "0,1,2";
  });
  const subjects = (await deadLetters(home)).map(({ subject }) => subject);
  assert.equal(subjects.filter((subject) => subject.startsWith("mesh.dead.task.")).length, 3);
  // A letter is stored before the result that tells of it.
  await eventually("each has its result", async () => (await finals(home)).length === 3);
});

test("a dry run tells what would be done, and does nothing", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, () => Promise.reject(new TypeError("no paint")), once);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  await using office = await deadOffice(home);
  const [told] = await redriven(office, {}, { dryRun: true });
  assert.equal(told?.is, "would be redriven");
  assert.equal((await listed(office)).length, 1);
  assert.equal((await finals(home)).length, 1);
});

const sandboxMesh = painterMesh
  .replace("      boss:", "      sandbox: { skills: [paint, sketch, stroke] }\n      boss:")
  .replace("operator: { members: [ops] }", "operator: { members: [ops], submits: [sandbox.*] }");

test("a letter brought to a sandbox runs for who brought it, and its submitter hears nothing", async () => {
  await using home = await storedMesh(sandboxMesh, ["painter", "sandbox"]);
  await servePainter(home, () => Promise.reject(new TypeError("no paint")), once);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  const seen: Seen[] = [];
  const sandbox = { ...painter, name: "sandbox" };
  const mesh = await home.connect("sandbox");
  await mesh.serve(
    sandbox,
    {
      paint: ({ what }, ctx) => {
        seen.push(seenBy(ctx));
        return { painted: what };
      },
      sketch: () => ({}),
      async *stroke() {},
    },
    once,
  );
  await using office = await deadOffice(home);
  const [told] = await redriven(office, {}, { to: "sandbox" });
  assert.deepEqual([told?.is, told?.to, told?.why], ["redriven", "sandbox", undefined]);
  const result = "mesh.result.ops.t1.final.sandbox";
  await eventually("the sandbox is done", async () => (await finals(home)).includes(result));
  assert.deepEqual(
    seen.map(({ id, caller, moved }) => [id, caller, moved?.why]),
    [["t1", "ops", "redrive"]],
  );
  assert.equal((await listed(office)).length, 1, "its own agent has still to do it");
  assert.equal((await boss.task(painter, "paint", "t1").status()).state, "failed");
  const [again] = await redriven(office, {}, { to: "sandbox" });
  assert.equal(again?.is, "refused");
});

test("an agent that nobody's tasks reach is refused as a target, with the line that it needs", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, () => Promise.reject(new TypeError("no paint")), once);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  await using office = await deadOffice(home);
  const [told] = await redriven(office, {}, { to: "nobody" });
  assert.equal(told?.is, "refused");
  assert.match(told?.why ?? "", /roles\.operator\.submits: \[nobody\.\*\] in mesh\.yaml/);
});

test("a letter whose body found no room whole is not brought back: it is not what was sent", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const painted: string[] = [];
  await servePainter(home, ({ what }) => {
    painted.push(what);
    return { painted: what };
  });
  const payload = JSON.stringify({ what: "x".repeat(1_040_000) });
  const subject = "mesh.task.painter.paint.normal.boss";
  // Nobody has signed it, so it is given up as it comes; beside its reasons less finds room than it has.
  const sent = await sendPlain(home, "boss", { subject, payload, headers: [[Header.id, "t1"]] });
  assert.match(sent, /"seq":/);
  await using office = await deadOffice(home);
  const letters = await eventually("it has died", async () => {
    const all = await listed(office);
    return all.length === 1 && all;
  });
  assert.equal(letters[0]?.facts.cutFrom, payload.length);
  for (const dryRun of [true, false]) {
    const [told] = await redriven(office, { task: "t1" }, { dryRun });
    assert.equal(told?.is, "refused");
    assert.equal(
      told?.why,
      `its body was cut from ${payload.length} bytes: it is not what was sent`,
    );
  }
  assert.equal((await listed(office)).length, 1);
  assert.deepEqual(painted, []);
});
