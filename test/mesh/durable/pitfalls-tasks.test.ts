import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type Handlers, isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { finals, left } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";
import { Bench, workshop } from "../../support/workshop.ts";

const patience = { timeoutMs: 20_000 };

test("PITFALLS 3: a process that restarts during a back-off loses nothing", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const tasks = { firstDelayMs: 4_000, maxDelayMs: 4_000, attempts: 3 };
  const first = await servePainter(
    home,
    () => {
      throw "wet";
    },
    { tasks },
  );
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "a door" });
  await eventually("the first attempt has failed", async () => {
    const status = await task.status();
    return status.state === "running" && status.tries[0]?.endedAt !== undefined;
  });
  await first.close();
  await servePainter(home, ({ what }, { attempt }) => ({ painted: `${what} ${attempt}` }), {
    tasks,
  });
  assert.deepEqual(await task.result(patience), { painted: "a door 2" });
  await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
});

const brokenMesh = `version: 1
workspaces:
  desk:
    agents:
      painter: { skills: [paint, sketch, stroke], calls: [workshop.fail] }
      workshop: { skills: [build, mend, fail, watch] }
      boss: { submits: [painter.paint] }
    roles:
      keeper: { members: [keeper] }
`;

test("PITFALLS 4: while a breaker is open attempts keep their distance", async () => {
  await using home = await storedMesh(brokenMesh, ["painter"]);
  const asked: number[] = [];
  const fail = (): never => {
    asked.push(performance.now());
    throw new TypeError("out of paper");
  };
  await (await home.connect("workshop")).serve(workshop, { ...new Bench("w").handlers, fail });
  const codes: string[] = [];
  const breaker = { minCalls: 2, openMs: 3_000 };
  await using mesh = await connect({ ...home.access("painter"), breaker });
  const paint: Handlers<typeof painter>["paint"] = async (_input, { client, id }) => {
    const error = await client(workshop)
      .fail({ id })
      .catch((thrown: unknown) => thrown);
    codes.push(isMeshError(error) ? error.code : "none");
    throw error;
  };
  // Without the breaker's word they would come every few milliseconds.
  const tasks = { attempts: 6, firstDelayMs: 1, maxDelayMs: 5 };
  await mesh.serve(painter, { paint, sketch: () => ({}), async *stroke() {} }, { tasks });
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "a door" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  const [failed, open] = ["handler_failed", "circuit_open"];
  assert.deepEqual(codes, [failed, failed, open, failed, open, failed]);
  const waits = asked.slice(2).map((at, index) => at - (asked[index + 1] ?? 0));
  assert.ok(
    waits.length === 2 && waits.every((ms) => ms >= 2_990),
    `asked again after ${waits} ms`,
  );
});

test("PITFALLS 7: the receipt tells stored and taken, stored and nobody home, and not stored", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  const alone = await paint.submit({ what: "a" });
  assert.deepEqual([alone.receipt?.stored, alone.receipt?.listeners], [true, "none"]);
  const failing = { tasks: { firstDelayMs: 60_000, maxDelayMs: 60_000 } };
  let tried = 0;
  const once = await servePainter(
    home,
    () => {
      tried++;
      throw new TypeError("no paint");
    },
    failing,
  );
  await eventually("it has failed", async () => tried === 1);
  await once.close();
  // What it left is nobody's who is there, and the server cannot tell that from one who is busy.
  await eventually("nobody is told", async () => {
    const { receipt } = await paint.submit({ what: "b" });
    return receipt?.listeners === "unknown";
  });
  await servePainter(home, ({ what }) => ({ painted: what }));
  await eventually("somebody is seen", async () => {
    const { receipt } = await paint.submit({ what: "b" });
    return receipt?.listeners === "some";
  });
  const stranger = (await home.connect("stranger")).client(painter);
  await assert.rejects(
    stranger.paint.submit({ what: "c" }),
    (error) =>
      isMeshError(error, "permission_denied") && /submits: \[painter\.paint\]/.test(error.message),
  );
});

test("PITFALLS 20: a wait for a person, longer than the server's and the client's patience, is one attempt", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 6_000 });
  let agree = (): void => {};
  const agreed = new Promise<void>((resolve) => {
    agree = resolve;
  });
  const attempts: number[] = [];
  await servePainter(home, async ({ what }, { attempt }) => {
    attempts.push(attempt);
    await agreed;
    return { painted: what };
  });
  const first = await home.connect("boss");
  const task = await first.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  // Longer than the server waits for a word.
  await assert.rejects(task.result({ timeoutMs: 8_000 }), (error) =>
    isMeshError(error, "deadline_exceeded"),
  );
  await first.close();
  agree();
  const again = (await home.connect("boss")).task(painter, "paint", "t1");
  assert.deepEqual(await again.result(patience), { painted: "a door" });
  assert.deepEqual([attempts, (await finals(home)).length], [[1], 1]);
});

test("what an attempt failed with, and when, is told while the next one is waited for", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(
    home,
    (_input, { attempt }) => {
      if (attempt === 1) throw "wet";
      return { painted: "dry" };
    },
    { tasks: { attempts: 2, firstDelayMs: 4_000, maxDelayMs: 4_000 } },
  );
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "a door" });
  const status = await eventually("it has failed once", async () => {
    const now = await task.status();
    return now.state === "running" && now.tries[0]?.error !== undefined ? now : undefined;
  });
  assert.equal(status.attempt, 1);
  const [first, ...others] = status.tries;
  assert.deepEqual([first?.attempt, first?.error, others], [1, "handler_failed", []]);
  assert.ok(Date.parse(first?.begunAt ?? "") <= Date.parse(first?.endedAt ?? ""));
  await task.result(patience);
});
