import assert from "node:assert/strict";
import { test } from "node:test";
import { accessLog } from "../../../libs/program.ts";
import type { AccessRecord } from "../../../libs/telemetry/index.ts";

const record: AccessRecord = {
  agent: "summarizer",
  skill: "summarize",
  caller: "editor",
  id: "call-7",
  attempt: 1,
  path: "ops,editor",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  code: "ok",
  tookMs: 1.23456,
};

type Fields = Readonly<Record<string, unknown>>;

test("the access log has a line per request, with its trace id, and warns where the fault is ours", () => {
  const lines: Fields[] = [];
  const hook = accessLog({
    info: (fields: Fields, msg?: string) => lines.push({ level: "info", ...fields, msg }),
    warn: (fields: Fields, msg?: string) => lines.push({ level: "warn", ...fields, msg }),
  });
  hook(record);
  hook({ ...record, code: "invalid_input" });
  hook({ ...record, code: "handler_failed" });
  assert.deepEqual(
    lines.map(({ level, code }) => [level, code]),
    [
      ["info", "ok"],
      ["info", "invalid_input"],
      ["warn", "handler_failed"],
    ],
  );
  const { agent, skill, caller, id, attempt, traceId, tookMs, msg } = lines[0] ?? {};
  assert.deepEqual(
    { agent, skill, caller, id, attempt, traceId, tookMs, msg },
    {
      agent: "summarizer",
      skill: "summarize",
      caller: "editor",
      id: "call-7",
      attempt: 1,
      traceId: record.traceId,
      tookMs: 1.235,
      msg: "summarizer.summarize for editor: ok",
    },
  );
});
