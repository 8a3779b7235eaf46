import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@myelin/mesh/testing";
import { finalState, Header, resultSubject, runningState } from "@myelin/subjects";
import type { StoredMessage } from "../../../libs/durable/stored/answers.ts";
import { type About, Task, type TaskParts } from "../../../libs/durable/tasks/task.ts";
import { MeshError } from "../../../libs/errors/index.ts";
import { operation } from "../../../libs/testing/builders.ts";

const deadlineMs = 1_000;
const { agent, skill } = operation();

/** A state of the task as it is stored, with these headers. */
function stored(headers: Readonly<Record<string, string>>, body = "{}"): StoredMessage {
  const lines = Object.entries({ [Header.skill]: skill, ...headers });
  const head = `NATS/1.0\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return { head, payload: Buffer.from(body), sequence: 1, storedAt: new Date(0) };
}

const failed = stored({ [Header.error]: "handler_failed" });
const runsAgain = stored({ [Header.generation]: "1" });
const doneAgain = stored({ [Header.generation]: "1" }, '"painted"');

/** Who waits for task t1, whose deadline begins now, and what is stored of it. */
function waiting(first: Readonly<Record<string, StoredMessage>>) {
  const clock = new ManualClock();
  const states = new Map(Object.entries(first));
  const subjectOf = (state: string): string =>
    resultSubject({ submitter: "boss", task: "t1", state, agent });
  const last = async (_stream: string, subject: string) =>
    [...states].find(([state]) => subjectOf(state) === subject)?.[1];
  const parts = {
    ...{ name: "boss", clock, store: { last }, verify: async () => {} },
    link: { subscribe: () => ({ stop: async () => {} }), onUp: () => () => {} },
  } as unknown as TaskParts;
  const about = { operation: operation(), id: "t1", endsAt: deadlineMs, parse: String } as unknown;
  const ended: unknown[] = [];
  void new Task(parts, { ...(about as About), failure: (error) => error }).result().then(
    (result) => ended.push(result),
    (error: unknown) => ended.push(MeshError.from(error).code),
  );
  return { clock, states, ended };
}

test("who waits for a task hears that its deadline is over, once nobody has told an end for a while", async () => {
  const { clock, ended } = waiting({ [runningState]: stored({}) });
  await clock.advanceAsync(deadlineMs + 10_000);
  assert.deepEqual(ended, []);
  await clock.advanceAsync(30_000);
  assert.deepEqual(ended, ["deadline_exceeded"]);
});

test("a task that was brought back has another deadline: who waits goes on, and gets its answer", async () => {
  const { clock, states, ended } = waiting({ [runningState]: runsAgain, [finalState]: failed });
  await clock.advanceAsync(deadlineMs + 100_000);
  assert.deepEqual(ended, []);
  states.set(finalState, doneAgain);
  await clock.advanceAsync(10_000);
  assert.deepEqual(ended, ["painted"]);
});
