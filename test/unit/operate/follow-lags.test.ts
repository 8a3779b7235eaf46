import assert from "node:assert/strict";
import { test } from "node:test";
import { storeApi } from "@myelin/subjects";
import { readFollowLags } from "../../../libs/operate/events/lag.ts";

/** A store with one subscription. */
const door = {
  ask: async (subject: string): Promise<string> =>
    subject.includes("CONSUMER")
      ? JSON.stringify({ total: 1, consumers: [{ name: "crm=users" }] })
      : JSON.stringify({ config: {}, state: { bytes: 0, first_seq: 1, last_seq: 0 } }),
};

test("a look at who follows that is given up ends with an error of the mesh, whatever the reason was", async () => {
  const reader = { door, api: storeApi };
  assert.equal((await readFollowLags(reader)).length, 1);
  await assert.rejects(readFollowLags(reader, AbortSignal.abort("interrupted")), {
    message: "cancelled: looking at who follows events was given up: interrupted",
  });
});
