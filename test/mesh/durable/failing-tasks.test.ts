import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, isDomainError, isMeshError, skill } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { z } from "zod";
import { patient } from "../../support/dial.ts";
import { deadLetters, finals, left, purge } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("a handler that throws a string is tried again, and its task then given up with its cause", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const attempts: number[] = [];
  await servePainter(home, (_input, ctx) => {
    attempts.push(ctx.attempt);
    throw "no paint";
  });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  assert.deepEqual(attempts, [1, 2, 3]);
  const dead = await deadLetters(home);
  assert.deepEqual(
    dead.map(({ subject, code, body }) => [subject, code, body]),
    [["mesh.dead.task.painter.paint.t1.0", "handler_failed", '{"what":"a door"}']],
  );
  assert.equal(dead[0]?.header("Origin-Mesh-Id"), "t1");
  await eventually("the task is gone", async () => (await left(home, Store.tasks)) === 0);
});

test("who submitted a task is told that its deadline is over where no worker is left to say so", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const worker = await servePainter(home, () => new Promise(() => {}));
  const { paint } = (await home.connect("boss")).client(painter);
  const begun = await paint.submit({ what: "a door" }, { deadlineMs: 6_000 });
  await eventually("it is begun", async () => (await begun.status()).state === "running");
  await worker.drain({ timeoutMs: 1 });
  const unbegun = await paint.submit({ what: "a door" }, { id: "t1", deadlineMs: 1 });
  // One that found it there does not know its deadline.
  const again = await paint.submit({ what: "a door" }, { id: "t1", deadlineMs: 1 });
  const isOver = { code: "deadline_exceeded", message: /its deadline is over.*another id/ };
  const follow = async () => {
    for await (const _told of unbegun.progress()) assert.fail("nobody tells anything");
  };
  await Promise.all([
    assert.rejects(begun.result(), isOver),
    assert.rejects(unbegun.result(), isOver),
    assert.rejects(follow(), isOver),
    assert.rejects(again.result({ timeoutMs: 25_000 }), { message: /no result within 25000 ms/ }),
  ]);
});

test("a task that nobody has begun by its deadline ends with that as its cause", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, ({ what }) => ({ painted: what }));
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { deadlineMs: 0.001 });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "deadline_exceeded"));
  const [dead] = await deadLetters(home);
  assert.equal(dead?.code, "deadline_exceeded");
});

test("an error that the skill declares is an answer: it is not tried again, and nothing is dead", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, (_input, ctx) => ctx.fail("dry", { colour: "red" }));
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" });
  await assert.rejects(task.result(patience), (error) =>
    isDomainError(error, painter.skills.paint, "dry"),
  );
  assert.deepEqual(await deadLetters(home), []);
});

test("a handler that returns too much fails for good, and the worker goes on", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, ({ what }) => ({
    painted: what === "all" ? "x".repeat(66 * 1_048_576) : what,
  }));
  const { paint } = (await home.connect("boss")).client(painter);
  const large = await paint.submit({ what: "all" });
  await assert.rejects(large.result(patience), (error) => isMeshError(error, "payload_too_large"));
  const next = await paint.submit({ what: "some" });
  assert.deepEqual(await next.result(patience), { painted: "some" });
  assert.equal((await deadLetters(home)).length, 1);
});

test("a declared error too large for a message is given up at once, with that as its cause", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let runs = 0;
  await servePainter(home, (_input, ctx) => {
    runs++;
    return ctx.fail("dry", { colour: "x".repeat(3_000_000) });
  });
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "a door" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "payload_too_large"));
  const dead = await deadLetters(home);
  assert.deepEqual([runs, dead.map(({ code }) => code)], [1, ["payload_too_large"]]);
  await eventually("the task is gone", async () => (await left(home, Store.tasks)) === 0);
});

test("a declared error is told as its contract's schema gives it", async () => {
  const errors = { dry: z.object({ until: z.string().transform((text) => new Date(text)) }) };
  const { input, output } = painter.skills.paint;
  const paint = skill({ input, output, errors });
  const dated = defineAgent({ name: "painter", version: "1.3.0", skills: { paint } });
  await using home = await storedMesh(painterMesh, ["painter"]);
  const until = "2030-01-02T03:04:05.000Z";
  await (await home.connect("painter")).serve(
    dated,
    { paint: (_input, ctx) => ctx.fail("dry", { until }) },
    { tasks: {} },
  );
  const task = await (await home.connect("boss")).client(dated).paint.submit({ what: "a door" });
  await assert.rejects(task.result(patience), (error) => {
    assert.ok(isDomainError(error, paint, "dry"), String(error));
    assert.deepEqual(error.domain.data, { until: new Date(until) });
    return true;
  });
});

test("a handler that never returns does not hold its place: its attempts end with their time", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const tasks = { concurrency: 1, attempts: 2, attemptMs: 60, firstDelayMs: 20 };
  await servePainter(
    home,
    ({ what }) => (what === "never" ? new Promise<never>(() => {}) : { painted: what }),
    { tasks },
  );
  const { paint } = (await home.connect("boss")).client(painter);
  const stuck = await paint.submit({ what: "never" });
  const next = await paint.submit({ what: "some" });
  assert.deepEqual(await next.result(patience), { painted: "some" });
  await assert.rejects(stuck.result(patience), (error) => isMeshError(error, "deadline_exceeded"));
  assert.equal((await deadLetters(home))[0]?.code, "deadline_exceeded");
});

test("what a plain client puts there undecodable ends in the dead letters once, and nothing is stuck", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const rival = await joinPlain(home, "rival");
  await rival.request("mesh.task.painter.paint.normal.rival", "{not json", patient);
  await rival.close();
  await servePainter(home, ({ what }) => ({ painted: what }));
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "a door" });
  assert.deepEqual(await task.result(patience), { painted: "a door" });
  await eventually("both are gone", async () => (await left(home, Store.tasks)) === 0);
  const dead = await deadLetters(home);
  assert.deepEqual(
    dead.map(({ subject, body }) => [subject, body]),
    [["mesh.dead.task.painter.paint.seq-1.0", "{not json"]],
  );
  assert.equal((await finals(home)).length, 1);
});

test("a task that nobody signed is refused, and its submitter told", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { headers } = await import("@nats-io/transport-node");
  const rival = await joinPlain(home, "rival");
  const head = headers();
  head.set("Mesh-Id", "t1");
  const body = JSON.stringify({ what: "a door" });
  await rival.request("mesh.task.painter.paint.normal.rival", body, {
    ...patient,
    headers: head,
  });
  await rival.close();
  const seen: string[] = [];
  await servePainter(home, ({ what }) => {
    seen.push(what);
    return { painted: what };
  });
  const task = (await home.connect("rival")).task(painter, "paint", "t1");
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "permission_denied"));
  assert.deepEqual([seen, (await deadLetters(home)).length], [[], 1]);
});

test("a task whose attempts nobody can count ends before the server gives it up", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { maxDeliver: 6 });
  const attempts: number[] = [];
  const fail = (_input: unknown, ctx: { readonly attempt: number }): never => {
    attempts.push(ctx.attempt);
    throw new TypeError("no paint");
  };
  const tasks = { attempts: 2, firstDelayMs: 4_000, maxDelayMs: 4_000 };
  await servePainter(home, fail, { tasks });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  for (const made of [1, 2]) {
    await eventually("an attempt has failed", async () => {
      const status = await task.status();
      const isNoted = status.state === "running" && status.tries[0]?.endedAt !== undefined;
      return attempts.length === made && isNoted;
    });
    // As a copy of the stream that is far behind shows it: nobody has begun the task.
    await purge(home, Store.results);
  }
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  assert.deepEqual(attempts, [1, 1, 1]);
  assert.equal((await deadLetters(home)).length, 1);
  await eventually("the task is gone", async () => (await left(home, Store.tasks)) === 0);
});

test("a thousand tasks that wait for another attempt keep no other one back", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let failed = 0;
  await servePainter(
    home,
    ({ what }) => {
      if (what === "some") return { painted: what };
      failed++;
      throw new Error("the paper mill is closed");
    },
    { tasks: { concurrency: 100, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } },
  );
  const { paint } = (await home.connect("boss")).client(painter);
  const many = 1_100;
  for (let at = 0; at < many; at += 100) {
    await Promise.all(Array.from({ length: 100 }, () => paint.submit({ what: "paper" })));
  }
  await eventually("all have failed once", () => failed === many, { timeoutMs: 60_000 });
  const next = await paint.submit({ what: "some" });
  assert.deepEqual(await next.result(patience), { painted: "some" });
});
