import assert from "node:assert/strict";
import { test } from "node:test";
import { finalState, resultSubject, runningState } from "@myelin/subjects";
import type { Put, StoredMessage } from "../../../libs/durable/stored/answers.ts";
import type { OutMessage } from "../../../libs/durable/stored/store.ts";
import type { KnownTask } from "../../../libs/durable/work/known-task.ts";
import type { TaskDelivery } from "../../../libs/durable/work/task-delivery.ts";
import { TaskTurn } from "../../../libs/durable/work/turn.ts";
import type { TurnParts } from "../../../libs/durable/work/work-parts.ts";
import type { Clock } from "../../../libs/pipeline/index.ts";
import { operation } from "../../../libs/testing/builders.ts";

const states = (state: string): string =>
  resultSubject({ submitter: "boss", task: "t1", state, agent: "painter" });

const final: StoredMessage = {
  ...{ head: "", payload: new Uint8Array(), sequence: 7, storedAt: new Date() },
};

/** Whoever waits goes on at once. */
const clock: Clock = {
  now: () => 0,
  schedule: (_delayMs, run) => {
    const soon = setImmediate(run);
    return () => clearImmediate(soon);
  },
};

/** A turn at task t1 on a store that answers so, each writing with the next of these. */
function turn(puts: readonly Put[], finals: readonly (StoredMessage | undefined)[]): TaskTurn {
  const said = { puts: [...puts], finals: [...finals] };
  const store = {
    put: async () => said.puts.shift() ?? assert.fail("written too often"),
    last: async (_stream: string, subject: string) => {
      assert.equal(subject, states(finalState));
      return said.finals.shift();
    },
  };
  const task = {
    ...{ operation: operation(), id: "t1", isCancel: false, generation: 0, states },
  } as Partial<KnownTask> as KnownTask;
  const delivery = {
    ...{ sequence: 1, deliveries: 2, storedAt: new Date() },
  } as Partial<TaskDelivery> as TaskDelivery;
  const parts = { store, clock, instance: "one" } as unknown as TurnParts;
  return new TaskTurn(task, delivery, parts);
}

const refused: Put = { is: "outdated" };
const stored: Put = { is: "stored", sequence: 9, duplicate: false };

test("a task whose result is seen is over", async () => {
  assert.equal(await turn([refused], [final]).begin("try"), "over");
});

test("a result that refuses a turn, and is lost on its way, ends nothing: the turn begins after all", async () => {
  assert.equal(await turn([refused, stored], [undefined]).begin("try"), "begun");
});

test("a result that is seen nowhere, and goes on refusing, is no reason to acknowledge the task", async () => {
  const none = [undefined, undefined, undefined];
  assert.equal(await turn([refused, refused, refused], none).begin("try"), "again");
});

test("of what two have redriven at once only one begins: the other one is refused, and comes again", async () => {
  const conditions: unknown[] = [];
  const answers = [stored, refused];
  const store = {
    put: async ({ headers }: OutMessage) => {
      conditions.push(headers.slice(-2).map(([, value]) => value));
      return answers.shift();
    },
    last: async () => undefined,
  };
  const task = { operation: operation(), id: "t1", isCancel: false, generation: 1, states };
  const begun = [1, 2].map(async (sequence) => {
    const delivery = { sequence, deliveries: 1, storedAt: new Date() } as TaskDelivery;
    const parts = { store, clock, instance: "one" } as unknown as TurnParts;
    const turn = new TaskTurn(task as unknown as KnownTask, delivery, parts);
    assert.equal(await turn.isLate(), false);
    return turn.begin("try");
  });
  assert.deepEqual(await Promise.all(begun), ["begun", "again"]);
  const noneBefore = [0, states(runningState)];
  assert.deepEqual(conditions, [noneBefore, noneBefore]);
});
