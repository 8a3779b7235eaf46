import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { patient } from "../../support/dial.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { launchPainter } from "../../support/launch.ts";
import { movedMs, timed } from "../../support/moved.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { hurryTasks, joinPlain, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

/** Counts how many paint one thing at once; the first of two things wait for each other. */
class Counted {
  readonly #now = new Map<string, number>();
  #open = (): void => {};
  readonly #both = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  /** Most that were at one thing at once. */
  most = 0;
  /** Most that were at anything at once. */
  mostInAll = 0;

  readonly paint = async ({ what }: { what: string }) => {
    const [thing = ""] = what.split(" ");
    const many = (this.#now.get(thing) ?? 0) + 1;
    this.#now.set(thing, many);
    this.most = Math.max(this.most, many);
    const inAll = [...this.#now.values()].reduce((sum, one) => sum + one, 0);
    this.mostInAll = Math.max(this.mostInAll, inAll);
    if (this.#now.size === 2) this.#open();
    await this.#both;
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    this.#now.set(thing, many - 1);
    return { painted: what };
  };
}

test("of the tasks with one key only one runs at a time, over two workers and two submitters", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const counted = new Counted();
  const tasks = { concurrency: 4 };
  for (const _worker of [1, 2]) await servePainter(home, counted.paint, { tasks });
  const submitted = ["boss", "rival"].map(async (name) => {
    const { paint } = (await home.connect(name)).client(painter);
    const things = Array.from({ length: 20 }, (_, at) => `${at % 2 === 0 ? "door" : "wall"} ${at}`);
    return Promise.all(things.map((what) => paint.submit({ what }, { key: what.slice(0, 4) })));
  });
  const all = (await Promise.all(submitted)).flat();
  await Promise.all(all.map((task) => task.result(patience)));
  assert.deepEqual([counted.most, counted.mostInAll], [1, 2]);
  assert.deepEqual([(await finals(home)).length, await deadLetters(home)], [40, []]);
});

test("a task whose key another one has waits without an attempt, and takes no place of others", async () => {
  const ackWaitMs = 6_000;
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs });
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const begun: string[] = [];
  const hold = async ({ what }: { what: string }, { attempt }: { attempt: number }) => {
    begun.push(`${what} ${attempt}`);
    if (what === "first") await gate;
    return { painted: what };
  };
  await servePainter(home, hold, { tasks: { concurrency: 2, attempts: 1 } });
  const { paint } = (await home.connect("boss")).client(painter);
  const first = await paint.submit({ what: "first" }, { key: "door" });
  await eventually("it runs", () => begun.length === 1);
  const second = await paint.submit({ what: "second" }, { key: "door" });
  const third = await paint.submit({ what: "third" }, { key: "door" });
  const submittedAt = performance.now();
  for (const what of ["a", "b", "c"]) {
    assert.deepEqual(await (await paint.submit({ what })).result(patience), { painted: what });
  }
  const isLonger = () => performance.now() - submittedAt > ackWaitMs + 1_000;
  await eventually("the server has waited for a word", isLonger);
  assert.equal((await second.status()).state, "waiting");
  await third.cancel();
  await assert.rejects(third.result(patience), (error) => isMeshError(error, "cancelled"));
  go();
  await Promise.all([first.result(patience), second.result(patience)]);
  assert.deepEqual(begun, ["first 1", "a 1", "b 1", "c 1", "second 1"]);
  await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
});

test("a key whose holder died is its task's still, and free once another worker has done that", async () => {
  using folder = temporaryFolder();
  const gate = join(folder.path, "gate");
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using first = await launchPainter(home, gate);
  const { paint } = (await home.connect("boss")).client(painter);
  const holder = await paint.submit({ what: "slowly" }, { id: "t1", key: "door" });
  await eventually("it has begun", () => first.lines.includes("begun t1 1"));
  const next = await paint.submit({ what: "quickly" }, { id: "t2", key: "door" });
  first.signal("SIGKILL");
  await first.ended;
  await hurryTasks(home, "painter", 1_500);
  await using second = await launchPainter(home, gate);
  await eventually("the other begins it", () => second.lines.includes("begun t1 2"));
  assert.ok(!second.lines.some((line) => line.startsWith("begun t2")), second.lines.join());
  writeFileSync(gate, "");
  await Promise.all([holder.result(patience), next.result(patience)]);
  assert.ok(second.lines.includes("begun t2 1"), second.lines.join());
});

test("a key is free between two attempts of a task", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const begun: string[] = [];
  const fail = ({ what }: { what: string }, { attempt }: { attempt: number }) => {
    begun.push(`${what} ${attempt}`);
    if (what === "first" && !begun.includes("second 1")) throw "wet";
    return { painted: what };
  };
  const tasks = { attempts: 15, firstDelayMs: 200, maxDelayMs: 200 };
  await servePainter(home, fail, { tasks });
  const { paint } = (await home.connect("boss")).client(painter);
  const first = await paint.submit({ what: "first" }, { key: "door" });
  const second = await paint.submit({ what: "second" }, { key: "door" });
  await Promise.all([first.result(patience), second.result(patience)]);
  assert.equal(begun[0], "first 1");
  assert.ok(begun.indexOf("second 1") > 0, begun.join());
});

test("a cancelled task keeps its key until its handler has wound up", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const seen: string[] = [];
  let windUp = (): void => {};
  const mayEnd = new Promise<void>((resolve) => {
    windUp = resolve;
  });
  await servePainter(home, async ({ what }, { signal }) => {
    seen.push(`begin ${what}`);
    if (what === "first") {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      seen.push("told to stop");
      await mayEnd;
    }
    seen.push(`end ${what}`);
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  const first = await paint.submit({ what: "first" }, { key: "door" });
  await eventually("it runs", () => seen.length === 1);
  const next = await paint.submit({ what: "next" }, { key: "door" });
  await first.cancel();
  await eventually("it is told to stop", () => seen.includes("told to stop"));
  // Of another key, and after it: whoever has done this could have begun the next one.
  const other = await paint.submit({ what: "other" }, { key: "window" });
  await other.result(patience);
  assert.ok(!seen.includes("begin next"), seen.join());
  windUp();
  await assert.rejects(first.result(patience), (error) => isMeshError(error, "cancelled"));
  assert.deepEqual(await next.result(patience), { painted: "next" });
  assert.ok(seen.indexOf("begin next") > seen.indexOf("end first"), seen.join());
});

test("a handler that goes on after its attempt's time does not put off the next one for its key", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 6_000 });
  const begunAt: number[] = [];
  // Longer than it takes to say that what runs is at work.
  const tasks = { attemptMs: 200, attempts: 2, firstDelayMs: 3_000, maxDelayMs: 3_000 };
  const paint = ({ what }: { what: string }, { attempt }: { attempt: number }) => {
    begunAt.push(movedMs());
    return attempt === 1 ? new Promise<never>(() => {}) : { painted: what };
  };
  await servePainter(home, paint, { tasks });
  const { paint: submitted } = (await home.connect("boss")).client(painter);
  const task = await submitted.submit({ what: "a door" }, { key: "door" });
  assert.deepEqual(await task.result(patience), { painted: "a door" });
  const waitedMs = (begunAt[1] ?? 0) - (begunAt[0] ?? 0);
  assert.ok(waitedMs < 7_000, `attempt 2 began ${waitedMs} ms after attempt 1`);
});

test("a handler that never returns keeps its key for a while, and neither its place nor its worker", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const begun: string[] = [];
  const tasks = { concurrency: 1, attempts: 1, attemptMs: 100 };
  const paint = ({ what }: { what: string }) => {
    begun.push(what);
    return what === "never" ? new Promise<never>(() => {}) : { painted: what };
  };
  const worker = await servePainter(home, paint, { tasks });
  const { paint: submitted } = (await home.connect("boss")).client(painter);
  const stuck = await submitted.submit({ what: "never" }, { key: "door" });
  await assert.rejects(stuck.result(patience), (error) => isMeshError(error, "deadline_exceeded"));
  const same = await submitted.submit({ what: "same" }, { key: "door" });
  const other = await submitted.submit({ what: "other" });
  assert.deepEqual(await other.result({ timeoutMs: 5_000 }), { painted: "other" });
  assert.deepEqual([begun, (await same.status()).state], [["never", "other"], "waiting"]);
  const tookMs = await timed(() => worker.drain({ timeoutMs: 500 }));
  assert.ok(tookMs < 5_000, `draining took ${tookMs} ms`);
});

test("a key that is none is refused, by who submits and by who works", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  for (const key of ["", "a door", "x".repeat(129), 7 as never]) {
    await assert.rejects(paint.submit({ what: "x" }, { key }), (error) =>
      isMeshError(error, "invalid_argument"),
    );
  }
  const { headers } = await import("@nats-io/transport-node");
  const head = headers();
  head.set("Mesh-Id", "t1");
  head.set("Mesh-Key", "a door");
  const rival = await joinPlain(home, "rival");
  const subject = "mesh.task.painter.paint.normal.rival";
  await rival.request(subject, "{}", { ...patient, headers: head });
  await rival.close();
  await servePainter(home, ({ what }) => ({ painted: what }));
  await eventually("it is given up", async () => (await left(home, Store.tasks)) === 0);
  const [dead] = await deadLetters(home);
  assert.deepEqual([dead?.code, /Mesh-Key/.test(dead?.why ?? "")], ["malformed_header", true]);
});

test("nobody but the agent can take or free its keys", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  for (const name of ["boss", "rival", "ops"]) {
    const plain = await joinPlain(home, name);
    const taken = plain.request(`mesh.result.painter.${"a".repeat(40)}.key.painter`, "{}", {
      timeout: 1_000,
    });
    await assert.rejects(taken, /ermissions/);
    await plain.close();
  }
});
