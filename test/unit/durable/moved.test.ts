import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { parseTaskSubject } from "@myelin/subjects";
import { readDead } from "../../../libs/durable/dead/dead.ts";
import { type Move, moved, type Original, readMoved } from "../../../libs/durable/dead/moved.ts";
import { unwrapHead, wrapHead, wrappedIn } from "../../../libs/durable/dead/origin.ts";
import { type Headers, writeHead } from "../../../libs/durable/stored/store.ts";
import type { TaskDelivery } from "../../../libs/durable/work/task-delivery.ts";

const original: Original = {
  subject: "mesh.task.painter.paint.high.boss",
  head: "NATS/1.0\r\nMesh-Id: t1\r\nMesh-Timeout: 500\r\ntraceparent: 00-a\r\nX:  two  words \r\n\r\n",
  payload: Buffer.from('{"what":"a door"}'),
  sequence: 17,
  storedAt: new Date("2026-11-21T06:00:00.123Z"),
};
const move: Move = { why: "redrive", mover: "ops", id: "t1", generation: 1 };

function delivered(
  {
    subject,
    payload,
    headers,
  }: { subject: string; payload: Uint8Array | string; headers: Headers },
  head = writeHead(headers),
): TaskDelivery {
  const address = parseTaskSubject(subject);
  return {
    message: { subject, head, payload: Buffer.from(payload), reply: "" },
    address: address.ok ? address.value : undefined,
    ...{ sequence: 40, deliveries: 1, storedAt: new Date() },
  };
}

test("a moved message holds the original: its bytes, its headers and where it was", () => {
  const letter = moved(original, move, undefined);
  assert.equal(letter.subject, "mesh.task.painter.paint.high.ops");
  const read = readMoved(delivered(letter));
  assert.deepEqual(
    [read?.why, read?.mover, read?.submitter, read?.id, read?.generation],
    ["redrive", "ops", "boss", "t1", 1],
  );
  const { head, ...rest } = read?.original ?? original;
  const { head: before, ...expected } = original;
  assert.deepEqual({ ...rest, payload: Buffer.from(rest.payload) }, expected);
  assert.equal(head, before.replace("X:  two  words ", "X: two  words"));
});

test("a task in a sandbox, and a replay, are the mover's own", () => {
  const sandbox = readMoved(delivered(moved(original, { ...move, to: "sandbox" }, undefined)));
  assert.deepEqual([sandbox?.submitter, sandbox?.from.agent], ["ops", "painter"]);
  const replay = { ...move, why: "replay", id: "anything", generation: 0 } as const;
  assert.equal(readMoved(delivered(moved(original, replay, undefined)))?.submitter, "ops");
});

test("what fires again and again is moved under its own id and the firing's, and under no other", () => {
  const later = { ...original, subject: "mesh.later.painter.paint.boss" };
  const firing = { ...move, why: "later", generation: 0 } as const;
  const read = readMoved(delivered(moved(later, { ...firing, id: "t1-8" }, undefined)));
  assert.deepEqual([read?.id, read?.submitter, read?.from.kind], ["t1-8", "boss", "later"]);
  const foreign = delivered(moved(later, { ...firing, id: "t18" }, undefined));
  assert.throws(
    () => readMoved(foreign),
    (error) => isMeshError(error, "malformed_header"),
  );
});

test("nothing but a task, now or later, can be moved", () => {
  const event = { ...original, subject: "mesh.event.boss.given" };
  assert.throws(
    () => moved(event, move, undefined),
    (error) => isMeshError(error, "invalid_argument"),
  );
});

test("headers that would be more than one line to somebody are not wrapped, and a block is bounded", () => {
  const head = "NATS/1.0\r\nGood: 1\r\nBad: a\nNats-Rollup: all\r\nOrigin-Good: 2\r\n\r\n";
  assert.deepEqual(wrapHead(head), [
    ["Origin-Good", "1"],
    ["Origin-Origin-Good", "2"],
  ]);
  assert.equal(unwrapHead(wrapHead(head)), "NATS/1.0\r\nGood: 1\r\nOrigin-Good: 2\r\n\r\n");
  assert.deepEqual(wrappedIn(writeHead(wrapHead(head))), wrapHead(head));
  const long = `NATS/1.0\r\n${"X: y\r\n".repeat(5_000)}\r\n`;
  assert.ok(writeHead(wrapHead(long)).length < 24_000);
});

test("whatever stands in its headers, a message is moved, not moved, or malformed; a letter is read or not", () => {
  const head = writeHead(moved(original, move, undefined).headers);
  const letter = moved(original, move, undefined);
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let round = 0; round < 3_000; round++) {
    const bytes = [...head];
    for (let change = random(4); change >= 0; change--) {
      bytes.splice(random(bytes.length), random(3), String.fromCharCode(random(256)));
    }
    const twisted = bytes.join("");
    try {
      const read = readMoved(delivered(letter, twisted));
      assert.ok(read === undefined || read.original.head.startsWith("NATS/1.0\r\n"));
    } catch (error) {
      assert.ok(isMeshError(error, "malformed_header"), String(error));
    }
    readDead(twisted.replace("Mesh-Moved", "Mesh-Dead"));
  }
});
