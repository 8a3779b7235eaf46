import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeshCode } from "@myelin/mesh";
import type { Try } from "../../../libs/durable/attempts/running.ts";
import { type Left, whyHopeless } from "../../../libs/durable/work/hopeless.ts";
import { resolveTasks } from "../../../libs/durable/work/tasks-options.ts";
import type { TaskTurn } from "../../../libs/durable/work/turn.ts";
import { operation } from "../../../libs/testing/builders.ts";

const config = resolveTasks({ attempts: 2 });
const plenty: Left = { ms: 60_000, tries: 10 };

/** Tries of which each ended so; of those that died nobody knows how. */
function tries(...ends: readonly (string | undefined)[]): readonly Try[] {
  const at = new Date(0).toISOString();
  return ends.map((error, index) => ({
    ...{ attempt: index + 1, begunAt: at, instance: "one" },
    ...(error === undefined ? {} : { endedAt: at, error }),
  }));
}

/** Why a task with these tries behind it need not be tried again. */
function why(of: readonly Try[], left = plenty, isCancel = false): MeshCode | undefined {
  const task = { id: "t1", operation: operation(), head: { timeoutMs: 5 }, isCancel };
  const turn = { task, tries: of, spent: of.at(-1)?.attempt ?? 0 } as unknown as TaskTurn;
  return whyHopeless(turn, left, config)?.code;
}

test("a task whose last try failed, and could not be ended then, ends with what it failed with", () => {
  assert.equal(why(tries("handler_failed", "handler_failed")), "handler_failed");
  assert.equal(why(tries(undefined, "deadline_exceeded")), "deadline_exceeded");
});

test("a task whose last try nobody saw end, or that says what is no code, has an unknown outcome", () => {
  assert.equal(why(tries("handler_failed", undefined)), "unknown_outcome");
  assert.equal(why(tries("handler_failed", "because")), "unknown_outcome");
});

test("a task that may be tried again is not hopeless, whatever it failed with before", () => {
  assert.equal(why(tries("handler_failed")), undefined);
  assert.equal(why(tries()), undefined);
});

test("without time or deliveries left a task ends before its attempts are spent", () => {
  assert.equal(why(tries("handler_failed"), { ...plenty, ms: 0 }), "deadline_exceeded");
  assert.equal(why(tries("handler_failed"), { ...plenty, tries: -1 }), "unknown_outcome");
  assert.equal(why(tries("handler_failed", "handler_failed"), plenty, true), undefined);
});
