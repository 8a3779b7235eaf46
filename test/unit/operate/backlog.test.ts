import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "../../../libs/durable/dead/moved.ts";
import { type OutMessage, writeHead } from "../../../libs/durable/stored/store.ts";
import type { Inbound } from "../../../libs/nats/index.ts";
import { Present } from "../../../libs/operate/keeper/present.ts";
import type { Stored } from "../../../libs/operate/stores/index.ts";
import { readQueued } from "../../../libs/operate/tasks/view.ts";
import { ManualClock } from "../../../libs/testing/manual-clock.ts";

const storedAt = new Date("2026-01-01T00:00:00Z");
const at = { sequence: 7, storedAt, payload: Buffer.from("{}") };
const subject = "mesh.task.painter.paint.high.boss";

/** A message as it lies in the queue. */
function laid(message: OutMessage): Stored {
  return { ...at, subject: message.subject, head: writeHead(message.headers) };
}

test("a queued task is read with its id, key and priority", () => {
  const head = "NATS/1.0\r\nMesh-Id: t1\r\nMesh-Key: door\r\n\r\n";
  const queued = readQueued({ ...at, subject, head });
  assert.deepEqual(
    [queued?.id, queued?.key, queued?.priority, queued?.submitter, queued?.generation],
    ["t1", "door", "high", "boss", 0],
  );
});

test("a task that was moved is its submitter's, with the key it had", () => {
  const original = {
    ...{ subject, sequence: 3, storedAt, payload: Buffer.from("{}") },
    head: "NATS/1.0\r\nMesh-Id: t1\r\nMesh-Key: door\r\n\r\n",
  };
  const letter = moved(
    original,
    { why: "redrive", mover: "ops", id: "t1", generation: 2 },
    undefined,
  );
  const queued = readQueued(laid(letter));
  assert.deepEqual(
    [queued?.id, queued?.submitter, queued?.generation, queued?.key],
    ["t1", "boss", 2, "door"],
  );
});

test("a task that was moved to a sandbox, or is a replay, is the mover's", () => {
  const head = "NATS/1.0\r\nMesh-Id: t1\r\n\r\n";
  const original = { ...at, subject, head, sequence: 3 };
  const move = { mover: "ops", id: "t1", generation: 1 };
  const sandbox = moved(original, { ...move, why: "redrive", to: "sandbox" }, undefined);
  assert.equal(readQueued(laid(sandbox))?.submitter, "ops");
  const replay = moved(original, { ...move, why: "replay" }, undefined);
  assert.equal(readQueued(laid(replay))?.submitter, "ops");
});

test("an order to cancel is no task, and what is nobody's is left out", () => {
  const order = "NATS/1.0\r\nMesh-Id: cancel:t1\r\n\r\n";
  assert.equal(readQueued({ ...at, subject, head: order }), undefined);
  assert.equal(readQueued({ ...at, subject: "mesh.task.painter", head: "" }), undefined);
  assert.equal(readQueued({ ...at, subject, head: "" })?.id, undefined);
  const garbage = "NATS/1.0\r\nMesh-Id: t1\r\nMesh-Moved: {no\r\n\r\n";
  assert.equal(readQueued({ ...at, subject, head: garbage })?.submitter, "boss");
});

test("who is there is known once all have had time to say so, and who falls silent is gone", () => {
  const clock = new ManualClock();
  let hear = (_: Inbound): void => {};
  const link = {
    subscribe: (_subject: string, onMessage: (message: Inbound) => void) => {
      hear = onMessage;
      return { refused: undefined, stop: async () => {} };
    },
  };
  const present = new Present(link as never, clock);
  const beat = (instance: string, state = "READY", reply = "_INBOX.painter.x.presence"): void =>
    hear({
      ...{ subject: `mesh.presence.painter.${instance}`, reply, head: "" },
      payload: Buffer.from(JSON.stringify({ state })),
    });
  beat("one");
  assert.equal(present.of("painter"), undefined);
  clock.advance(9_000);
  for (const instance of ["one", "two", "three"]) beat(instance);
  beat("four", "READY", "_INBOX.rival.x");
  beat("five", "READY", "");
  clock.advance(2_000);
  beat("two", "GONE");
  assert.deepEqual([...(present.of("painter") ?? [])], ["one", "three"]);
  assert.deepEqual([...(present.of("nobody") ?? [])], []);
  clock.advance(9_000);
  beat("three");
  assert.deepEqual([...(present.of("painter") ?? [])], ["three"]);
});
