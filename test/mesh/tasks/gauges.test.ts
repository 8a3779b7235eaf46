import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { BacklogGauges } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { systemClock } from "../../../libs/pipeline/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { joinKeeper, shownBy } from "../../support/keeping.ts";
import { launchPainter } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("keeper shows what waits for each agent as gauges that an autoscaler can read", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const client = (await mesh.connect("boss")).client(painter);
  const begunAt = Date.now();
  for (const priority of ["high", "normal", "normal"] as const) {
    await client.paint.submit({ what: "a door" }, { priority });
  }
  await using keeper = await joinKeeper(mesh, {
    duties: { backlog: (keeping) => new BacklogGauges(keeping, 50) },
  });
  const text = await eventually("it is counted", async () => {
    const shown = await keeper.metrics.registry.metrics();
    return shown.includes("mesh_tasks_pending{") ? shown : undefined;
  });
  assert.match(text, /mesh_tasks_pending\{agent="painter",priority="high"\} 1\n/);
  assert.match(text, /mesh_tasks_pending\{agent="painter",priority="normal"\} 2\n/);
  assert.match(text, /mesh_tasks_in_work\{agent="painter",priority="normal"\} 0\n/);
  assert.match(text, /mesh_tasks_stuck\{agent="painter",priority="normal"\} 0\n/);
  await client.paint.submit({ what: "a fence" }, { priority: "high" });
  const high = '{agent="painter",priority="high"}';
  await eventually("it is counted again", async () => {
    return (await shownBy(keeper, `mesh_tasks_pending${high}`)) === 2;
  });
  const age = await eventually("it gets older", async () => {
    const shown = (await shownBy(keeper, `mesh_tasks_oldest_seconds${high}`)) ?? 0;
    return shown > 0.5 && shown;
  });
  assert.ok(age <= (Date.now() - begunAt) / 1_000, `${age} s`);
});

test("keeper counts a task as stuck once the worker that had begun it is dead", async () => {
  using folder = temporaryFolder();
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  // It takes ten seconds of silence: this clock leaps over them.
  let leaptMs = 0;
  const { schedule } = systemClock;
  const clock = { schedule, now: () => systemClock.now() + leaptMs };
  await using keeper = await joinKeeper(mesh, {
    duties: { backlog: (keeping) => new BacklogGauges({ ...keeping, clock }, 50) },
  });
  await eventually("it is at work", () => keeper.isUp);
  leaptMs += 11_000;
  await using worker = await launchPainter(mesh, join(folder.path, "gate"));
  const boss = await mesh.connect("boss");
  await boss.client(painter).paint.submit({ what: "slowly" }, { id: "t1" });
  await eventually("it has begun", () => worker.lines.includes("noted t1 1"));
  const of = '{agent="painter",priority="normal"}';
  const shows = (stuck: number) =>
    eventually(`${stuck} of 1 is stuck`, async () => {
      const inWork = await shownBy(keeper, `mesh_tasks_in_work${of}`);
      return inWork === 1 && (await shownBy(keeper, `mesh_tasks_stuck${of}`)) === stuck;
    });
  await shows(0);
  worker.signal("SIGKILL");
  await worker.ended;
  leaptMs += 11_000;
  await shows(1);
});

test("submitters and workers count tasks, attempts, waits and ends", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const worker = await servePainter(mesh, ({ what }, ctx) => {
    if (what === "badly" && ctx.attempt < 3) throw "wet";
    if (what === "dry") return ctx.fail("dry", { colour: "red" });
    return { painted: what };
  });
  const boss = await mesh.connect("boss");
  const { paint } = boss.client(painter);
  for (const what of ["well", "badly", "dry"]) {
    const task = await paint.submit({ what }, { key: "door" });
    await task.result(patience).catch(() => {});
  }
  await assert.rejects(paint.submit({ what: 7 as never }));
  const submitted = await boss.metrics.registry.metrics();
  const skill = 'agent="painter",skill="paint"';
  assert.match(submitted, new RegExp(`mesh_task_submitted_total\\{${skill}\\} 3\\n`));
  const wrong = `mesh_task_submit_errors_total\\{${skill},code="invalid_input"\\} 1\\n`;
  assert.match(submitted, new RegExp(wrong));
  const counts: readonly (readonly [name: string, labels: string, value: number])[] = [
    ["mesh_task_attempts_total", `${skill},outcome="ok"`, 2],
    ["mesh_task_attempts_total", `${skill},outcome="handler_failed"`, 2],
    ["mesh_task_attempts_total", `${skill},outcome="domain_error"`, 1],
    ["mesh_task_ended_total", `${skill},outcome="ok"`, 2],
    ["mesh_task_ended_total", `${skill},outcome="domain_error"`, 1],
    ["mesh_task_wait_seconds_count", skill, 3],
    ["mesh_task_running", skill, 0],
  ];
  for (const [name, labels, value] of counts) {
    const line = `${name}{${labels}} ${value}`;
    // Whoever waits for a result may have it before the worker knows that it is stored.
    await eventually(line, async () =>
      (await worker.metrics.registry.metrics()).includes(`${line}\n`),
    );
  }
});
