import assert from "node:assert/strict";
import { test } from "node:test";
import { Claims, type ClaimsParts } from "../../../libs/durable/claims/claims.ts";
import { stopOf } from "../../../libs/durable/claims/stop.ts";
import { MeshCode } from "../../../libs/errors/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

test("a copy that is given up ends at once, though the store says nothing", async () => {
  const never = new Promise<never>(() => {});
  const parts = {
    ...{ name: "ops", clock: new ManualClock(), link: { isUp: true, maxPayload: 1_048_576 } },
    store: { last: () => never, put: () => never },
  };
  const claims = new Claims(parts as unknown as ClaimsParts);
  const giving = new AbortController();
  const claim = {
    ...{ id: "blob", bytes: 4_096, partBytes: 4_096, sha256: "x" },
    contentType: "application/json",
  };
  const copying = claims.copy(
    { claim, owner: "boss", reader: "painter" },
    { reader: "sandbox", lifeMs: 1_000, signal: stopOf(giving.signal, "the copy") },
  );
  giving.abort("interrupted");
  const given = { code: MeshCode.Cancelled, message: /the copy was given up: interrupted/ };
  await assert.rejects(copying, given);
});
