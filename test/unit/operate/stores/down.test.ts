import assert from "node:assert/strict";
import { test } from "node:test";
import { Store, storeApi } from "@myelin/subjects";
import { MeshError } from "../../../../libs/errors/index.ts";
import { consumerStates, type StoreDoor } from "../../../../libs/operate/stores/index.ts";

/** Answers every question with this. */
const saying = (answer: object) =>
  ({
    ask: () => Promise.resolve(JSON.stringify(answer)),
    serverVersion: "2.14.0",
  }) as unknown as StoreDoor;

const down = (error: object) => ({
  type: "x",
  total: 0,
  consumers: [],
  error: { code: 503, ...error },
});

test("a cluster without a leader is no stream without consumers, and is not for apply to mend", async () => {
  const door = saying(down({ err_code: 10_008, description: "temporarily unavailable" }));
  await assert.rejects(consumerStates({ door, api: storeApi }, Store.tasks), (error) => {
    assert.ok(error instanceof MeshError);
    assert.match(error.message, /temporarily unavailable; servers that keep it are down/);
    assert.doesNotMatch(error.message, /apply/);
    return true;
  });
});

test("a stream that is not there is for apply to make", async () => {
  const door = saying(down({ code: 404, err_code: 10_059, description: "stream not found" }));
  const asked = consumerStates({ door, api: storeApi }, Store.tasks);
  await assert.rejects(asked, /stream not found; `myelin apply` makes it/);
});

test("a consumer of a stream that is offline is known by its configuration", async () => {
  const door = saying({ total: 1, consumers: [{ name: "", config: { durable_name: "a-high" } }] });
  const [one] = await consumerStates({ door, api: storeApi }, Store.tasks);
  assert.equal(one?.name, "a-high");
});
