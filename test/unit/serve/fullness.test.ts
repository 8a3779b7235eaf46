import assert from "node:assert/strict";
import { test } from "node:test";
import type { Serve } from "../../../libs/pipeline/index.ts";
import { request } from "../../../libs/testing/index.ts";
import { ground, turn } from "./world.ts";

type Ground = ReturnType<typeof ground>;

let ids = 0;

async function ask(admit: Serve, count: number): Promise<void> {
  for (let at = 0; at < count; at++) void admit(request({ id: `${++ids}` }));
  await turn();
}

/** Ends as many, each after this long. */
async function serve({ clock, work }: Ground, count: number, tookMs: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    clock.advance(tookMs);
    work.answerAny();
    await turn();
  }
}

test("a fast serial instance takes twenty before it calls itself full", async () => {
  const place = ground({ concurrency: 1 });
  await ask(place.admit, 20);
  await serve(place, 10, 1);
  await ask(place.admit, 10);
  assert.deepEqual(place.doors, []);
});

test("a slow serial instance is full when the third would wait 60 ms", async () => {
  const place = ground({ concurrency: 1 });
  await ask(place.admit, 1);
  await serve(place, 1, 20);
  await ask(place.admit, 2);
  assert.deepEqual(place.doors, []);
  await ask(place.admit, 1);
  assert.deepEqual(place.doors, ["full"]);
});

test("it has room again when the wait is down to half, not before", async () => {
  const place = ground({ concurrency: 1 });
  await ask(place.admit, 1);
  await serve(place, 1, 20);
  await ask(place.admit, 3);
  await serve(place, 1, 20);
  assert.deepEqual(place.doors, ["full"]);
  await serve(place, 1, 20);
  assert.deepEqual(place.doors, ["full", "room"]);
});

test("an instance that has not finished anything yet is full by its silence", async () => {
  const place = ground({ concurrency: 1 });
  await ask(place.admit, 1);
  place.clock.advance(60);
  await ask(place.admit, 1);
  assert.deepEqual(place.doors, ["full"]);
});

test("many places that are all taken by short work are not full", async () => {
  const place = ground({ concurrency: 64 });
  await ask(place.admit, 64);
  await serve(place, 1, 10);
  await ask(place.admit, 1);
  assert.deepEqual(place.doors, []);
});

test("a queue that is three quarters full is full however fast", async () => {
  const place = ground({ concurrency: 1, queue: 8 });
  await ask(place.admit, 6);
  assert.deepEqual(place.doors, []);
  await ask(place.admit, 1);
  assert.deepEqual(place.doors, ["full"]);
});

test("without a queue it is full when its places are, once work takes long", async () => {
  const place = ground({ concurrency: 1, queue: 0 });
  await ask(place.admit, 1);
  await serve(place, 1, 200);
  await ask(place.admit, 1);
  await serve(place, 1, 200);
  assert.deepEqual(place.doors, ["full", "room"]);
});
