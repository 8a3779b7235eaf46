import assert from "node:assert/strict";
import { test } from "node:test";
import type { Claim, Request } from "../../../libs/pipeline/index.ts";
import { claim, type HoldPayload } from "../../../libs/serve/claim.ts";
import { request } from "../../../libs/testing/index.ts";

const claimed: Claim = {
  id: "a".repeat(16),
  bytes: 3,
  partBytes: 1_024,
  sha256: "A".repeat(43),
  contentType: "application/json",
};

function holding() {
  const asked: string[] = [];
  let held = 0;
  const hold: HoldPayload = async (_claim, owner) => {
    asked.push(owner);
    held++;
    return { payload: Buffer.from('"x"'), release: () => void held-- };
  };
  return { asked, hold, held: () => held };
}

test("a request with its own payload passes as it is, and nothing is fetched", async () => {
  const { asked, hold } = holding();
  const own = request();
  const serve = claim(hold)(async (seen) => seen);
  assert.equal(await serve(own), own);
  assert.deepEqual(asked, []);
});

test("a claimed payload is fetched of who asks, and held until the handler is done", async () => {
  const { asked, hold, held } = holding();
  const serve = claim(hold)(async (seen: Request) => {
    assert.equal(held(), 1);
    return Buffer.from(seen.payload).toString();
  });
  assert.equal(await serve(request({ caller: "boss", claim: claimed })), '"x"');
  assert.deepEqual([asked, held()], [["boss"], 0]);
});

test("what somebody else has kept is fetched of that one, as in a task that was moved", async () => {
  const { asked, hold } = holding();
  await claim(hold)(async () => "done")(request({ claim: { ...claimed, owner: "origin" } }));
  assert.deepEqual(asked, ["origin"]);
});

test("the room is given back when the handler fails, or throws before it begins", async () => {
  const { hold, held } = holding();
  const failing = claim(hold)(() => Promise.reject(new RangeError("no")));
  await assert.rejects(failing(request({ claim: claimed })), RangeError);
  const throwing = claim(hold)(() => {
    throw new RangeError("no");
  });
  await assert.rejects(throwing(request({ claim: claimed })), RangeError);
  assert.equal(held(), 0);
});
