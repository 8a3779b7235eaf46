import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { checkCron, firingId } from "../../../libs/durable/later/index.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { all, isTakenBack, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { inStore, joinStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };
const hour = 3_600_000;

test("the same id again changes a schedule, and leaves a task for later as it is", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const { paint } = (await home.connect("boss")).client(painter);
  const at = new Date(Date.now() + hour);
  await paint.submit({ what: "a gate" }, { id: "gate", at });
  await paint.submit({ what: "a door" }, { id: "gate", at: new Date(Date.now() + 2 * hour) });
  await paint.schedule({ what: "a fence" }, { id: "fence", cron: "0 0 3 * * *" });
  await soon("both are taken", async () => (await all(paint.schedules())).length === 2);
  const timezone = "Europe/Berlin";
  await paint.schedule({ what: "a fence" }, { id: "fence", cron: "30 9 * * MON-FRI", timezone });
  const crons = async () => (await all(paint.schedules())).map(({ cron }) => cron);
  await soon("it is changed", async () => (await crons()).includes("0 30 9 * * MON-FRI"));
  const found = await all(paint.schedules());
  assert.deepEqual(
    found.map(({ id, cron, timezone }) => [id, cron, timezone]),
    [
      ["gate", undefined, undefined],
      ["fence", "0 30 9 * * MON-FRI", timezone],
    ],
  );
  assert.equal(found[0]?.next?.getTime(), at.getTime());
});

test("one id does not name a task and a schedule", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const { paint } = (await home.connect("boss")).client(painter);
  await paint.schedule({ what: "a fence" }, { id: "fence", cron: "@daily" });
  const task = await paint.submit({ what: "a fence" }, { id: "fence", delayMs: hour });
  await assert.rejects(task.result(patience), {
    code: "invalid_argument",
    message: /fence is a schedule already/,
  });
  const [letter] = await deadLetters(home);
  assert.equal(letter?.code, "invalid_argument");
  assert.equal((await all(paint.schedules())).length, 1);
});

test("a schedule that was cancelled can be made again, and one that is over fires no more", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const blue: string[] = [];
  await servePainter(home, ({ what }, ctx) => {
    if (what === "blue") blue.push(ctx.id);
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  const often = { id: "fence", cron: "* * * * * *" };
  const first = await paint.schedule({ what: "red" }, often);
  await first.cancel();
  const until = new Date(Date.now() + 6_000);
  const again = await paint.schedule({ what: "blue" }, { ...often, until });
  assert.equal(again.until?.getTime(), until.getTime());
  await soon("it has fired", () => blue.length > 0);
  await soon("it is over", async () => (await all(paint.schedules())).length === 0);
  // It is listed no more from its end on, and fires once after that: then keeper has the server stop.
  await soon("the server has no such schedule", () => isTakenBack(home, "boss.fence"));
  await soon("nothing is due", async () => (await left(home, Store.schedules)) === 1);
  await soon("no task is left", async () => (await left(home, Store.tasks)) === 0);
  assert.equal(again.next, undefined);
  const last = firingId("fence", until);
  assert.deepEqual(
    blue.filter((id) => id > last),
    [],
  );
});

test("what is for later keeps its priority, its key and its deadline", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const { paint } = (await home.connect("boss")).client(painter);
  const options = { priority: "high", key: "wall-7", deadlineMs: 60_000, delayMs: 10 } as const;
  await paint.submit({ what: "a gate" }, { id: "gate", ...options });
  const subject = "mesh.task.painter.paint.high.keeper";
  const task = await soon("it is released", () =>
    inStore(home, (jsm) => jsm.streams.getMessage(Store.tasks, { last_by_subj: subject })),
  );
  const header = (name: string) => task.header.get(name);
  assert.deepEqual(
    [header("Origin-Mesh-Key"), header("Origin-Mesh-Timeout"), task.string()],
    ["wall-7", "60000", '{"what":"a gate"}'],
  );
  const { storedAt, ...moved } = JSON.parse(header("Mesh-Moved"));
  assert.deepEqual(moved, {
    ...{ why: "later", subject: "mesh.later.painter.paint.boss", sequence: 1 },
    ...{ id: "gate", generation: 0 },
  });
  assert.ok(!Number.isNaN(Date.parse(storedAt)));
});

test("a list has as many pages as it takes, and none of another's", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const boss = (await home.connect("boss")).client(painter);
  const rival = (await home.connect("rival")).client(painter);
  const at = new Date(Date.now() + hour);
  const ids = Array.from({ length: 230 }, (_, n) => `gate-${n}`);
  await Promise.all(ids.map((id) => boss.paint.submit({ what: "a gate" }, { id, at })));
  await boss.sketch.submit({}, { id: "sketch", at });
  await rival.paint.submit({ what: "a gate" }, { id: "rival", at });
  await soon("all are taken", async () => (await left(home, Store.schedules)) === 232);
  const found = await all(boss.paint.schedules());
  assert.deepEqual(found.map(({ id }) => id).sort(), [...ids].sort());
  assert.deepEqual(
    (await all(rival.paint.schedules())).map(({ id }) => id),
    ["rival"],
  );
});

test("where the stream of schedules has no room orders wait until there is, and nothing is dropped for them", async () => {
  const small = painterMesh.replace(
    "  desk:\n",
    "  desk:\n    streams: { schedules: { maxBytes: 3000000 } }\n",
  );
  await using home = await storedMesh(small, ["painter"]);
  const said: string[] = [];
  const logger = {
    info: () => {},
    warn: (_: unknown, text = "") => void said.push(text),
  };
  await using _keeper = await joinKeeper(home, { logger });
  const { paint } = (await home.connect("boss")).client(painter);
  const at = new Date(Date.now() + hour);
  const what = "x".repeat(100_000);
  const ids = Array.from({ length: 8 }, (_, n) => `gate-${n}`);
  await Promise.all(ids.map((id) => paint.submit({ what }, { id, at })));
  await soon("keeper says why", () => said.some((text) => /MESH_SCHEDULES holds/.test(text)));
  const listed = await all(paint.schedules());
  assert.ok(listed.length > 0 && listed.length < ids.length);
  for (const one of listed) await one.cancel();
  const others = ids.filter((id) => listed.every((one) => one.id !== id));
  const taken = async (): Promise<boolean> => {
    const now = (await all(paint.schedules())).map(({ id }) => id);
    return others.every((id) => now.includes(id));
  };
  await soon("the others are taken once there is room", taken);
});

test("the server takes every cron that is taken here", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const nc = await joinStore(home);
  const { headers } = await import("@nats-io/transport-node");
  const crons = [
    ...["* * * * *", "30 9 * * MON-FRI", "0 30 9 * * *", "*/5 * * * * *", "0 5/15 * * * *"],
    ...["0 0 0 ? * sun,WED", "0 0 12 1-7 jan,Feb 0", "0 0,30 8-18/2 * * *", "0 0 0 29 2 *"],
    ...["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"],
  ];
  for (const [at, text] of crons.entries()) {
    for (const zone of [
      undefined,
      "Europe/Berlin",
      "America/Argentina/Buenos_Aires",
      "Etc/GMT+3",
    ]) {
      const { cron, timezone } = checkCron(text, zone);
      const head = headers();
      head.set("Nats-Schedule", cron);
      head.set("Nats-Schedule-Time-Zone", timezone);
      head.set("Nats-Schedule-Target", "mesh.due.a.b.c.d");
      const answer = await nc.request(`mesh.schedule.a.b.c.d${at}`, "", {
        headers: head,
        timeout: 5_000,
      });
      assert.match(answer.string(), /"seq":[1-9]/, `${text} ${zone}`);
    }
  }
  await nc.close();
});

test("a cron or a time that is wrong is refused before anything is sent, and says what is wrong", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  const input = { what: "a fence" };
  const schedule = (options: object) =>
    paint.schedule(input, { id: "fence", cron: "@daily", ...options } as never);
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ cron: "0 0 25 * * *" }, /schedule\.cron "0 0 25 \* \* \*": the hour takes 0 to 23/],
    [{ cron: "0 0 0 31 2 *" }, /it would never fire/],
    [{ cron: "0 0 0 * * 7" }, /the day of the week takes 0 to 6/],
    [{ cron: "0 0 0 L * *" }, /the day of the month takes 1 to 31/],
    [{ cron: "* * *" }, /five or six fields/],
    [{ cron: "@often" }, /five or six fields/],
    [{ cron: "0 0 22-3 * * *" }, /22-3/],
    [{ cron: 7 }, /five or six fields/],
    [{ timezone: "Mars/Base" }, /schedule\.timezone must be a name such as Europe\/Berlin/],
    [{ timezone: "+02:00" }, /schedule\.timezone/],
    [{ id: "A fence" }, /schedule\.id must be/],
    [{ id: "f".repeat(45) }, /schedule\.id must be 1 to 44/],
    [{ until: new Date(0) }, /schedule\.until must be a Date to come/],
    [{ priority: "low" }, /high, normal/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(schedule(options), { code: "invalid_argument", message });
  }
  for (const [options, message] of [
    [{ at: "tomorrow" }, /submit\.at must be a valid Date, got "tomorrow"/],
    [{ at: new Date(Number.NaN) }, /submit\.at must be a valid Date/],
    [{ at: new Date("2199-01-01") }, /within ten years/],
    [{ delayMs: -1 }, /submit\.delayMs must be 0 to/],
    [{ delayMs: Number.POSITIVE_INFINITY }, /submit\.delayMs/],
    [{ delayMs: 5, at: new Date() }, /exclude each other/],
  ] as const) {
    const submitted = paint.submit(input, options as never);
    await assert.rejects(submitted, { code: "invalid_argument", message });
  }
  assert.equal(await left(home, Store.later), 0);
});
