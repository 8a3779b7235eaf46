import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { blobSubject, dayMs, deadAgeMs, Store, StoreHeader, usualAgeMs } from "@myelin/subjects";
import { copier, copierHandlers, copierMesh, textOf } from "../../support/copier.ts";
import { left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { sendPlain } from "../../support/later.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

/** How long each part is kept that a name has written, in seconds; 0 where it is kept as long as there is room. */
function livesBy(home: HomeMesh, writer: string): Promise<readonly number[]> {
  return inStore(home, async (jsm) => {
    const { first_seq, last_seq } = (await jsm.streams.info(Store.blobs)).state;
    const found: number[] = [];
    for (let seq = first_seq; seq <= last_seq; seq++) {
      const part = await jsm.streams.getMessage(Store.blobs, { seq });
      if (!part?.subject.startsWith(`mesh.blob.${writer}.`)) continue;
      found.push(Number(/^(\d+)s$/.exec(part.header.get(StoreHeader.ttl))?.[1] ?? 0));
    }
    return found;
  });
}

const minute = 60;
const day = dayMs / 1_000;

test("every part of a large call and of its answer is kept for the call, and a minute", async () => {
  await using home = await storedMesh(copierMesh, []);
  await (await home.connect("copier")).serve(copier, copierHandlers);
  const boss = (await home.connect("boss")).client(copier);
  const timeoutMs = 120_000;
  await boss.copy({ text: textOf(2_000_000) }, { timeoutMs });
  for (const writer of ["boss", "copier"]) {
    const lives = await livesBy(home, writer);
    assert.ok(lives.length > 1, writer);
    // What is left of the call as it is written: not all of it.
    const isRight = (life: number): boolean => life > 2 * minute && life <= 3 * minute;
    assert.ok(lives.every(isRight), `${writer}: ${lives.join()}`);
  }
});

test("a large task is kept as long as it may wait and its dead letter lies, a large result as long as a result", async () => {
  await using home = await storedMesh(copierMesh, ["copier"]);
  await (await home.connect("copier")).serve(copier, copierHandlers, { tasks: {} });
  const { copy } = (await home.connect("boss")).client(copier);
  const deadlineMs = 3 * dayMs;
  const task = await copy.submit({ text: textOf(2_000_000) }, { deadlineMs });
  await task.result({ timeoutMs: 100_000 });
  for (const [writer, keptMs] of [
    ["boss", deadlineMs + deadAgeMs],
    ["copier", usualAgeMs],
  ] as const) {
    const lives = await livesBy(home, writer);
    assert.ok(lives.length > 1, writer);
    const least = keptMs / 1_000;
    const isRight = (life: number): boolean => life >= least && life < least + day;
    assert.ok(lives.every(isRight), `${writer}: ${lives.join()}, not ${least}`);
  }
});

test("what is kept for a while is gone after it", async () => {
  await using home = await storedMesh(copierMesh, []);
  // No call is over so soon: a part of the shortest one stays for a minute.
  const said = await sendPlain(home, "boss", {
    subject: blobSubject({ owner: "boss", reader: "copier", id: "short" }, 0),
    payload: "x",
    headers: [[StoreHeader.ttl, "1s"]],
  });
  assert.match(said, /"seq":1\b/);
  await eventually("it is gone", async () => (await left(home, Store.blobs)) === 0);
});
