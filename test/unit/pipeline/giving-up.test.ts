import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { unlessAborted } from "../../../libs/pipeline/index.ts";

const forEver = () => new Promise<never>(() => {});

test("a wait that its AbortSignal's timeout ends is late, not cancelled", async () => {
  const controller = new AbortController();
  const waiting = unlessAborted(forEver(), controller.signal, "asking");
  controller.abort(new DOMException("out of time", "TimeoutError"));
  await assert.rejects(waiting, {
    code: MeshCode.DeadlineExceeded,
    message: "deadline_exceeded: asking was given up: out of time",
  });
});

test("a wait that somebody gives up is cancelled, or ends with an error of the mesh that is the reason", async () => {
  const given = unlessAborted(forEver(), AbortSignal.abort("enough"), "asking");
  await assert.rejects(given, { message: "cancelled: asking was given up: enough" });
  const reason = new MeshError(MeshCode.Draining, "closing down");
  await assert.rejects(unlessAborted(forEver(), AbortSignal.abort(reason), "asking"), reason);
});
