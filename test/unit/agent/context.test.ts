import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContextParts, RequestContext } from "../../../libs/agent/context.ts";
import type { Logger } from "../../../libs/agent/logger.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { echo, ManualClock, request } from "../../../libs/testing/index.ts";

function context(parts: Partial<ContextParts> = {}) {
  const clock = new ManualClock(1_000);
  const signal = new CallSignal(new Wheel(clock));
  const trace = { traceId: "t".repeat(32), spanId: "s".repeat(16), sampled: true };
  const asked = request({ signal, trace, caller: "ops", path: "web,ops", id: "i-1", attempt: 2 });
  const unused = () => assert.fail("not used");
  const log: Logger = { debug: unused, info: unused, warn: unused, error: unused };
  const kept = { conversationIn: unused, artifactsIn: unused };
  const own = { log, client: unused, publish: unused, kept };
  const shared: ContextParts = { now: () => clock.now(), ...own, ...parts };
  return { ctx: new RequestContext(asked, shared), clock, signal, asked };
}

test("a handler sees who calls, through whom, and which attempt it is", () => {
  const { ctx } = context();
  assert.deepEqual([ctx.caller, ctx.id, ctx.attempt, ctx.path], ["ops", "i-1", 2, ["web", "ops"]]);
});

test("the time left goes down to 0 and never below", () => {
  const { ctx, clock, signal } = context();
  assert.equal(ctx.remainingMs(), 0);
  signal.expire(1_500, 500, "far.work");
  clock.advance(200);
  assert.equal(ctx.remainingMs(), 300);
  clock.advance(900);
  assert.equal(ctx.remainingMs(), 0);
});

test("the AbortSignal is aborted with the reason the call ended for", () => {
  const { ctx, signal } = context();
  const reason = new MeshError(MeshCode.Cancelled, "gave up");
  assert.equal(ctx.signal.aborted, false);
  signal.end(reason);
  assert.equal(ctx.signal.reason, reason);
});

test("each log line names the call, and what the handler adds", () => {
  const lines: unknown[] = [];
  const line = (level: string) => (fields: object, message?: string) =>
    void lines.push({ level, ...fields, message });
  const log = {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
  const { ctx } = context({ log });
  ctx.log.warn({ words: 3 }, "short");
  ctx.log.debug({});
  const call = { skill: "far.work", caller: "ops", id: "i-1", traceId: "t".repeat(32) };
  assert.deepEqual(lines, [
    { level: "warn", ...call, words: 3, message: "short" },
    { level: "debug", ...call, message: undefined },
  ]);
});

test("an onward client inherits signal, path and trace", () => {
  let inherited: unknown;
  const client: ContextParts["client"] = (_contract, parent) => {
    inherited = parent;
    return {} as never;
  };
  const { ctx, asked } = context({ client });
  ctx.client(echo);
  assert.deepEqual(inherited, {
    ...{ signal: asked.signal, path: "web,ops", trace: asked.trace },
    ...{ onBehalf: undefined, replay: undefined, conversation: undefined },
  });
});

test("fail throws a domain error with its name, data and text", () => {
  const { ctx } = context();
  assert.throws(() => ctx.fail("too_short", { words: 3 }, "write more"), {
    code: "domain_error",
    message: "domain_error: too_short: write more",
    domain: { name: "too_short", data: { words: 3 } },
    origin: "here",
  });
  assert.throws(() => ctx.fail("gone", undefined), { message: "domain_error: gone" });
});
