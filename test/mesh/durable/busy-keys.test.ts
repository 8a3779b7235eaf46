import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store, taskConsumer } from "@myelin/subjects";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };

/** Paints doors one at a time, the first of them until it is let go, and everything else at once. */
class Doors {
  #now = 0;
  let = (): void => {};
  readonly #gate = new Promise<void>((resolve) => {
    this.let = resolve;
  });
  /** Which doors were begun. */
  readonly begun: string[] = [];
  /** Most that were at a door at once. */
  most = 0;

  readonly paint = async ({ what }: { what: string }) => {
    const name = what.trim();
    if (!name.startsWith("door")) return { painted: name };
    this.begun.push(name);
    this.most = Math.max(this.most, ++this.#now);
    await this.#gate;
    await new Promise((resolve) => setImmediate(resolve));
    this.#now--;
    return { painted: name };
  };
}

/** How often the server gave something to workers of normal tasks. */
function deliveries(home: HomeMesh): Promise<number> {
  const { stream, consumer } = taskConsumer("painter", "normal");
  return inStore(home, async (jsm) => {
    return (await jsm.consumers.info(stream, consumer)).delivered.consumer_seq;
  });
}

for (const { many, bytes, as } of [
  { many: 300, bytes: 20, as: "small" },
  // More than may wait in a worker with their messages.
  { many: 90, bytes: 600_000, as: "large" },
]) {
  test(`many ${as} tasks that wait for one key keep no other task waiting`, async () => {
    await using home = await storedMesh(painterMesh, ["painter"]);
    const doors = new Doors();
    await servePainter(home, doors.paint, { tasks: {} });
    const { paint } = (await home.connect("boss")).client(painter);
    const submit = (at: number) =>
      paint.submit({ what: `door ${at}`.padEnd(bytes) }, { key: "door" });
    const keyed = [await submit(0)];
    await eventually("the first has the key", () => doors.begun.length === 1);
    while (keyed.length < many) {
      keyed.push(
        ...(await Promise.all([...Array(10).keys()].map((at) => submit(keyed.length + at)))),
      );
    }
    const others = await Promise.all([
      paint.submit({ what: "wall" }),
      paint.submit({ what: "roof" }, { key: "roof" }),
      paint.submit({ what: "sign" }, { priority: "high" }),
    ]);
    const painted = await Promise.all(others.map((task) => task.result(patience)));
    assert.deepEqual(painted, [{ painted: "wall" }, { painted: "roof" }, { painted: "sign" }]);
    assert.deepEqual(doors.begun, ["door 0"]);
    doors.let();
    await Promise.all(keyed.map((task) => task.result(patience)));
    assert.deepEqual([doors.most, doors.begun.length], [1, keyed.length]);
    assert.equal(new Set(doors.begun).size, keyed.length);
    await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
    const ends = (await finals(home)).length;
    assert.deepEqual([ends, await deadLetters(home)], [keyed.length + 3, []]);
    const given = await deliveries(home);
    assert.ok(given < 3 * keyed.length, `${given} deliveries of ${keyed.length} tasks`);
  });
}
