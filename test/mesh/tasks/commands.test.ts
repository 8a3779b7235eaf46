import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Context, isMeshError } from "@myelin/mesh";
import { type AgentBacklog, openTasks } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { patient } from "../../support/dial.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { temporaryFolder } from "../../support/folder.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { launchPainter } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinPlain, joinStore, storedMesh } from "../../support/stores.ts";

type Telling = Pick<Context, "attempt" | "progress" | "checkpoint">;

const patience = { timeoutMs: 20_000 };
const home = (mesh: HomeMesh) => ["--home", join(mesh.cwd, "mesh")];

/** Runs a command of tasks and reads its JSON. */
async function asked(mesh: HomeMesh, ...args: readonly string[]): Promise<unknown> {
  const ran = await mesh.run("tasks", ...args, "--json", ...home(mesh));
  assert.equal(ran.exit, 0, ran.err);
  return JSON.parse(ran.out);
}

/** A gate that a handler waits behind. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

test("tasks ls tells what is pending and running per agent, and of one agent task by task", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const door = gate();
  const paint = async ({ what }: { what: string }) => {
    await door.passed;
    return { painted: what };
  };
  await servePainter(mesh, paint, { tasks: { concurrency: 1 } });
  const client = (await mesh.connect("boss")).client(painter);
  const first = await client.paint.submit({ what: "a" }, { id: "t1", key: "door" });
  await eventually("it runs", async () => (await first.status()).state === "running");
  await client.paint.submit({ what: "b" }, { id: "t2" });
  const urgent = await client.paint.submit({ what: "c" }, { id: "t3", priority: "high" });
  const backlogs = (await asked(mesh, "ls")) as AgentBacklog[];
  // A worker without room looks for orders to stop, and may have taken the urgent one meanwhile.
  assert.deepEqual(
    backlogs.map(({ agent, priority, pending, inWork, stuck }) => [
      ...[agent, priority, pending + inWork, stuck],
    ]),
    [
      ["painter", "high", 1, 0],
      ["painter", "normal", 2, 0],
    ],
  );
  assert.ok(backlogs.every(({ oldestSeconds }) => oldestSeconds > 0 && oldestSeconds < 60));
  const tasks = (await asked(mesh, "ls", "painter")) as Record<string, unknown>[];
  assert.deepEqual(
    tasks.map(({ id, state, key, attempt }) => [id, state, key, attempt]),
    [
      ["t1", "running", "door", 1],
      ["t2", "waiting", undefined, 0],
      ["t3", "waiting", undefined, 0],
    ],
  );
  const shown = await mesh.run("tasks", "ls", "--state", "running", ...home(mesh));
  assert.match(shown.out, /t1 .*painter\.paint .*boss .*running .*key door/);
  assert.doesNotMatch(shown.out, /t2/);
  door.open();
  await Promise.all([first.result(patience), urgent.result(patience)]);
});

test("tasks ls shows what waits for an agent that the store gives nothing to", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const store = await joinStore(mesh);
  await (await jetstreamManager(store)).consumers.delete(Store.tasks, "painter-normal");
  await store.close();
  const client = (await mesh.connect("boss")).client(painter);
  await client.paint.submit({ what: "a" }, { id: "t1" });
  await client.paint.submit({ what: "b" }, { id: "t2" });
  const backlogs = (await asked(mesh, "ls")) as AgentBacklog[];
  assert.deepEqual(
    backlogs.map(({ priority, pending, isGiven }) => [priority, pending, isGiven]),
    [
      ["high", 0, true],
      ["normal", 2, false],
    ],
  );
  assert.ok((backlogs[1]?.oldestSeconds ?? 0) > 0);
  const shown = await mesh.run("tasks", "ls", ...home(mesh));
  assert.match(shown.out, /painter +normal +2 .*not in mesh\.yaml/);
});

test("a task whose instance is gone is stuck until another one takes it", async () => {
  using folder = temporaryFolder();
  await using mesh = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 60_000 });
  await using first = await launchPainter(mesh, join(folder.path, "gate"));
  const client = (await mesh.connect("boss")).client(painter);
  await client.paint.submit({ what: "slowly" }, { id: "t1" });
  await eventually("it has begun", () => first.lines.includes("noted t1 1"));
  first.signal("SIGKILL");
  await first.ended;
  await eventually("the server has noticed", async () => {
    const backlogs = (await asked(mesh, "ls")) as { priority: string; stuck: number }[];
    const all = backlogs.map(({ priority, stuck }) => `${priority} ${stuck}`);
    return all.join() === "high 0,normal 1";
  });
  const [task] = (await asked(mesh, "ls", "--state", "stuck")) as { id: string }[];
  assert.equal(task?.id, "t1");
});

test("tasks show tells attempts with their times, what was told, and how it ended", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const fail = async (_input: unknown, ctx: Telling) => {
    await ctx.progress({ half: ctx.attempt });
    await ctx.checkpoint([ctx.attempt]);
    throw "no paint";
  };
  await servePainter(mesh, fail);
  const client = (await mesh.connect("boss")).client(painter);
  const task = await client.paint.submit({ what: "a" }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  const shown = (await asked(mesh, "show", "t1")) as Record<string, unknown>;
  assert.deepEqual(
    [shown["state"], shown["attempt"], shown["progress"], shown["submitter"], shown["skill"]],
    ["failed", 3, { half: 3 }, "boss", "paint"],
  );
  assert.deepEqual(shown["checkpoint"], [3]);
  assert.deepEqual(shown["dead"], ["mesh.dead.task.painter.paint.t1.0"]);
  const tries = shown["tries"] as {
    attempt: number;
    begunAt: string;
    endedAt: string;
    error: string;
  }[];
  assert.deepEqual(
    tries.map(({ attempt, error }) => [attempt, error]),
    [1, 2, 3].map((attempt) => [attempt, "handler_failed"]),
  );
  assert.ok(tries.every(({ begunAt, endedAt }) => Date.parse(begunAt) <= Date.parse(endedAt)));
  const [letter] = await deadLetters(mesh);
  assert.deepEqual(JSON.parse(letter?.facts ?? "").tries, tries);
  const told = await mesh.run("tasks", "show", "t1", ...home(mesh));
  assert.match(told.out, /painter\.paint from boss: failed[\s\S]*attempt 3[\s\S]*handler_failed/);
  assert.match(told.out, /^progress +\{"half":3\}\ncheckpoint +\[3\]$/m);
});

test("an operator cancels another's task, which runs or waits; nobody else does", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const door = gate();
  await servePainter(
    mesh,
    async ({ what }, ctx) => {
      await Promise.race([
        door.passed,
        new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)),
      ]);
      return { painted: what };
    },
    { tasks: { concurrency: 1 } },
  );
  const client = (await mesh.connect("boss")).client(painter);
  const running = await client.paint.submit({ what: "a" }, { id: "t1" });
  await eventually("it runs", async () => (await running.status()).state === "running");
  const rival = await joinPlain(mesh, "rival");
  // Signed by nobody: it is given up, and does nothing to the task.
  const { headers } = await import("@nats-io/transport-node");
  const head = headers();
  head.set("Mesh-Id", "cancel:t1");
  const order = JSON.stringify({ submitter: "boss" });
  const subject = "mesh.task.painter.paint.high.rival";
  await rival.request(subject, order, { ...patient, headers: head });
  await rival.close();
  const waiting = await client.paint.submit({ what: "b" }, { id: "t2" });
  const ran = await mesh.run("tasks", "cancel", "t2", ...home(mesh));
  assert.equal(ran.exit, 0, ran.err);
  assert.equal((await running.status()).state, "running");
  assert.equal((await mesh.run("tasks", "cancel", "t1", ...home(mesh))).exit, 0);
  for (const task of [running, waiting]) {
    await assert.rejects(task.result(patience), (error) => isMeshError(error, "cancelled"));
  }
  const again = await mesh.run("tasks", "cancel", "t1", ...home(mesh));
  assert.match(again.err, /cancelled already/);
  const [letter, ...others] = await deadLetters(mesh);
  assert.deepEqual(
    [letter?.code, letter?.header("Origin-Mesh-Id"), others],
    ["permission_denied", "cancel:t1", []],
  );
});

test("a task that an operator cancelled says who did", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const client = (await mesh.connect("boss")).client(painter);
  const task = await client.paint.submit({ what: "a" }, { id: "t1" });
  await using board = await openTasks({ ...mesh.access("ops"), servers: [mesh.server.url] });
  await board.cancel({ id: "t1", agent: "painter", skill: "paint", submitter: "boss" });
  await servePainter(mesh, ({ what }) => ({ painted: what }));
  await assert.rejects(task.result(patience), { message: /ops cancelled task t1/ });
});

test("an agent whose signature is good, but whose role is not, cancels nobody's task", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const client = (await mesh.connect("boss")).client(painter);
  const task = await client.paint.submit({ what: "a" }, { id: "t1" });
  await using board = await openTasks({
    ...mesh.access("rival"),
    servers: [mesh.server.url],
  });
  await board.cancel({ id: "t1", agent: "painter", skill: "paint", submitter: "boss" });
  await servePainter(mesh, ({ what }) => ({ painted: what }));
  assert.deepEqual(await task.result(patience), { painted: "a" });
  const [letter] = await deadLetters(mesh);
  assert.match(letter?.why ?? "", /rival is agent:rival and may not cancel/);
});

test("tasks submit and watch work from the command line under the submitter's own name", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  await servePainter(mesh, async ({ what }, ctx) => {
    await ctx.progress("half");
    return { painted: what };
  });
  const as = ["--as", "boss", ...home(mesh)];
  const input = JSON.stringify({ what: "a door" });
  const ran = await mesh.run("tasks", "submit", "painter", "paint", input, "--id", "t1", ...as);
  assert.deepEqual([ran.exit, ran.out, ran.err], [0, "t1\n", ""]);
  const watched = await mesh.run("tasks", "watch", "painter", "paint", "t1", ...as);
  assert.deepEqual([watched.exit, watched.out], [0, '{"painted":"a door"}\n'], watched.err);
  const waited = await mesh.run("tasks", "submit", "painter", "paint", input, "--wait", ...as);
  assert.equal(waited.out, '{"painted":"a door"}\n', waited.err);
  const unfit = await mesh.run("tasks", "submit", "painter", "paint", '{"what":7}', ...as);
  assert.equal(unfit.exit, 2, unfit.err);
  assert.match(unfit.err, /invalid_input.*what/);
});

test("tasks submit of a skill that streams is wrong usage, and nothing is stored", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  await servePainter(mesh, ({ what }) => ({ painted: what }));
  const as = ["--as", "boss", ...home(mesh)];
  const ran = await mesh.run("tasks", "submit", "painter", "stroke", "{}", ...as);
  assert.equal(ran.exit, 2, ran.err);
  assert.match(ran.err, /painter\.stroke streams.*myelin call/);
  assert.equal(await left(mesh, Store.tasks), 0);
});

test("a task is submitted while nobody serves its agent, and its result is read when nobody does any more", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const as = ["--as", "boss", ...home(mesh)];
  const submit = (...more: string[]) =>
    mesh.run("tasks", "submit", "painter", "paint", '{"what":"a door"}', ...more, ...as);
  const watch = () => mesh.run("tasks", "watch", "painter", "paint", "t1", ...as);
  const unsaid = await submit("--id", "t1");
  assert.equal(unsaid.exit, 4, unsaid.err);
  assert.match(unsaid.err, /nobody serves painter.*--contract 1\.0\.0/);
  const wrong = await submit("--contract", "newest");
  assert.equal(wrong.exit, 2, wrong.err);
  assert.match(wrong.err, /version.*newest/);
  const stored = await submit("--id", "t1", "--contract", painter.version);
  assert.deepEqual([stored.exit, stored.out], [0, "t1\n"], stored.err);
  assert.match(
    stored.err,
    /nobody takes tasks of painter now; it waits\nnot checked: with --contract/,
  );
  const watching = watch();
  const worker = await servePainter(mesh, ({ what }) => ({ painted: what }));
  const first = await watching;
  assert.deepEqual([first.exit, first.out], [0, '{"painted":"a door"}\n'], first.err);
  await worker.close();
  const later = await watch();
  assert.deepEqual([later.exit, later.out], [0, '{"painted":"a door"}\n'], later.err);
});

test("what is wrong with a question is said, and what to do", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const unknown = await mesh.run("tasks", "show", "nothing", ...home(mesh));
  assert.match(unknown.err, /unknown_task.*nothing.*myelin tasks ls/);
  const state = await mesh.run("tasks", "ls", "--state", "lazy", ...home(mesh));
  assert.match(state.err, /waiting, running, retrying, stuck/);
  const nobody = await mesh.run("tasks", "ls", "nobody", ...home(mesh));
  assert.equal(nobody.exit, 4);
  assert.match(nobody.err, /nobody takes no tasks here; `myelin tasks ls.*` lists who does/);
  const idle = await mesh.run("tasks", "ls", "painter", ...home(mesh));
  assert.deepEqual([idle.exit, idle.err], [0, "no such task waits or runs\n"]);
  const id = await mesh.run("tasks", "show", "A b", ...home(mesh));
  assert.match(id.err, /tasks\.id must be/);
  const denied = await mesh.run("tasks", "ls", "painter", "--as", "stranger", ...home(mesh));
  assert.match(denied.err, /permission_denied/);
});
