import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { MeshError } from "@myelin/mesh";
import { mostParked, Parking } from "../../../libs/durable/attempts/parking.ts";
import {
  mostTries,
  readRunning,
  runningBody,
  type Try,
} from "../../../libs/durable/attempts/running.ts";
import { checkServer } from "../../../libs/durable/stored/version.ts";
import { cancelledFor } from "../../../libs/durable/tasks/cancelling.ts";
import { isTaskKey } from "../../../libs/durable/tasks/submit-options.ts";
import { unlessAborted } from "../../../libs/pipeline/index.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const says = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof MeshError && error.code === code && text.test(error.message);

interface Parked {
  readonly waitsFor: string;
  readonly deaths: number;
  readonly at: number;
}

test("parking gives back who came first for a key, and is full at its bound", () => {
  const parking = new Parking<Parked>();
  for (let at = 0; at < mostParked; at++) {
    parking.add({ waitsFor: at % 2 === 0 ? "a" : "b", at, deaths: 0 });
  }
  assert.deepEqual([parking.isFull, [...parking.keys].toSorted()], [true, ["a", "b"]]);
  assert.deepEqual(
    [parking.take("a")?.at, parking.take("a")?.at, parking.take("b")?.at, parking.take("c")],
    [0, 2, 1, undefined],
  );
  assert.equal(parking.isFull, false);
  const [first] = parking.all();
  assert.ok(first !== undefined);
  parking.remove(first);
  parking.remove(first);
  assert.equal([...parking.all()].length, mostParked - 4);
});

test("of those that processes may die of, who has died least is first, then who came first", () => {
  const parking = new Parking<Parked>();
  for (const [at, deaths] of [3, 2, 2, 4].entries()) parking.add({ waitsFor: "a", at, deaths });
  const order = [1, 2, 3, 4].map(() => parking.take("a")?.at);
  assert.deepEqual(order, [1, 2, 0, 3]);
});

test("a running state is read as it was written, its last tries only", () => {
  const tries: Try[] = Array.from({ length: mostTries + 5 }, (_, at) => ({
    ...{ attempt: at + 1, instance: "one", begunAt: "2026-01-01T00:00:00.000Z" },
    ...(at % 2 === 0 ? { endedAt: "2026-01-01T00:00:01.000Z", error: "handler_failed" } : {}),
  }));
  const running = {
    attempt: 25,
    instance: "one",
    sequence: 7,
    delivery: 3,
    stopped: 2,
    isEnding: true,
    tries,
  };
  const head = "NATS/1.0\r\nMesh-Attempt: 25\r\n\r\n";
  const read = readRunning({ head, payload: bytes(runningBody(running)) });
  assert.deepEqual(read, { ...running, tries: tries.slice(-mostTries) });
});

test("a running state that is garbage says nothing, and is no error", () => {
  const nothing = {
    attempt: 1,
    instance: "",
    sequence: 0,
    delivery: 0,
    stopped: 0,
    isEnding: false,
    tries: [],
  };
  const garbage = [
    "",
    "{",
    "null",
    "[1]",
    '"x"',
    '{"sequence":-1,"delivery":1.5,"instance":7,"tries":{}}',
    '{"tries":[null,7,{"begunAt":7},{"attempt":"x"}]}',
    JSON.stringify({ instance: "x".repeat(1_000) }),
  ];
  for (const text of garbage) {
    assert.deepEqual(readRunning({ head: "", payload: bytes(text) }), nothing, text);
  }
});

test("a server older than tasks need is refused, with what it is", () => {
  for (const version of ["2.11.9", "2.9.25", "1.4.0"]) {
    assert.throws(
      () => checkServer(version, "tasks"),
      says("unavailable", new RegExp(`tasks: nats-server 2\\.12.*${version}`)),
    );
  }
  for (const version of ["2.12.0", "2.15.2", "3.0.0", "", "main"]) checkServer(version, "tasks");
});

test("a key is letters, digits and a few signs, and no more than 128", () => {
  assert.ok(["a", "customer:7/a", "x".repeat(128)].every(isTaskKey));
  assert.ok(!["", " ", "a b", "ä", "a\r\nb: c", "x".repeat(129)].some(isTaskKey));
});

test("an order to cancel is for whose name it has, else for who sent it", () => {
  assert.equal(cancelledFor(bytes(""), "boss"), "boss");
  assert.equal(cancelledFor(bytes("{}"), "boss"), "boss");
  assert.equal(cancelledFor(bytes('{"submitter":"rival"}'), "ops"), "rival");
  for (const text of ['{"submitter":"*"}', '{"submitter":7}', "[", "null{"]) {
    assert.throws(() => cancelledFor(bytes(text), "ops"), says("malformed_payload", /./), text);
  }
});

test("what is given up ends at once, and many waits have one listener", async () => {
  const given = new AbortController();
  const asked = unlessAborted(new Promise(() => {}), given.signal, "asking");
  given.abort("no time");
  await assert.rejects(asked, says("cancelled", /asking was given up: no time/));
  await assert.rejects(unlessAborted(new Promise(() => {}), given.signal, "asking"));
  assert.equal(await unlessAborted(Promise.resolve(7), undefined, "asking"), 7);
  const kept = new AbortController();
  const many = Array.from({ length: 20 }, async (_, at) =>
    unlessAborted(Promise.resolve(at), kept.signal, "asking"),
  );
  // Node warns of a leak from the eleventh on.
  assert.equal(getEventListeners(kept.signal, "abort").length, 1);
  assert.deepEqual(await Promise.all(many), [...many.keys()]);
  kept.abort("nobody hears it any more");
});
