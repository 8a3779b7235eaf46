import assert from "node:assert/strict";
import { type MockTimers, test } from "node:test";
import { finalState, Header, resultSubject, StoreHeader } from "@myelin/subjects";
import type { StoredMessage } from "../../../libs/durable/stored/answers.ts";
import type { OutMessage, StoreAccess } from "../../../libs/durable/stored/store.ts";
import { TaskKeys } from "../../../libs/durable/work/keys.ts";
import type { KnownTask } from "../../../libs/durable/work/known-task.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

/** In milliseconds: a task may be worked on until a while after its deadline, and a handler winds up for a while. */
const timeoutMs = 5_000;
const graceMs = 60_000;
const windUpMs = 10_000;

/** The store's last message of each subject, written by expected sequence, and the keys of a worker on it. */
class World {
  readonly #last = new Map<string, StoredMessage>();
  #sequence = 0;
  readonly keys: TaskKeys;

  /** The day stands still but for what the test lets pass. */
  constructor(timers: MockTimers) {
    timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 1) });
    const store = {
      last: async (_stream: string, subject: string) => this.#last.get(subject),
      put: async ({ subject, payload, headers }: OutMessage) => {
        const [, expected = 0] = headers.find(([name]) => name === StoreHeader.expected) ?? [];
        if ((this.#last.get(subject)?.sequence ?? 0) !== expected) return { is: "outdated" };
        return { is: "stored", sequence: this.#store(subject, "", payload), duplicate: false };
      },
    } as Partial<StoreAccess> as StoreAccess;
    this.keys = new TaskKeys({
      ...{ agent: "painter", store, clock: new ManualClock() },
      warn: (detail) => assert.fail(detail),
    });
  }

  /** Whether a task gets the key `door`, which is stored now. */
  async take(id: string, generation = 0): Promise<boolean> {
    const task = { id, submitter: "boss", generation, head: { timeoutMs } };
    const known = task as Partial<KnownTask> as KnownTask;
    return (await this.keys.take("door", known, { storedAt: new Date() })) !== undefined;
  }

  /** A task of this generation ends now. */
  end(task: string, generation: number): void {
    const states = { submitter: "boss", task, state: finalState, agent: "painter" };
    const line = generation === 0 ? "" : `${Header.generation}: ${generation}\r\n`;
    this.#store(resultSubject(states), line, "{}");
  }

  #store(subject: string, lines: string, text: string | Uint8Array): number {
    const head = `NATS/1.0\r\n${lines}\r\n`;
    const sequence = ++this.#sequence;
    this.#last.set(subject, { head, payload: Buffer.from(text), sequence, storedAt: new Date() });
    return sequence;
  }
}

test("a key is free once its task can be worked on no more, whatever became of that", async ({
  mock: { timers },
}) => {
  const world = new World(timers);
  assert.ok(await world.take("t1"));
  timers.setTime(Date.now() + timeoutMs + graceMs);
  assert.equal(await world.take("t2"), false, "it can be worked on yet");
  timers.setTime(Date.now() + 1);
  assert.ok(await world.take("t2"));
});

test("a key is free a while after its task has ended, so that a handler told to stop can wind up", async ({
  mock: { timers },
}) => {
  const world = new World(timers);
  assert.ok(await world.take("t1"));
  world.end("t1", 0);
  timers.setTime(Date.now() + windUpMs);
  assert.equal(await world.take("t2"), false);
  timers.setTime(Date.now() + 1);
  assert.ok(await world.take("t2"));
});

test("a redriven task has its key, although it ended once before it was redriven", async ({
  mock: { timers },
}) => {
  const world = new World(timers);
  world.end("t1", 0);
  timers.setTime(Date.now() + windUpMs + 1);
  assert.ok(await world.take("t1", 1));
  assert.equal(await world.take("t2"), false, "it ended before, and goes on now");
  assert.ok(await world.take("t1", 1), "it comes again, and has it still");
  world.end("t1", 1);
  timers.setTime(Date.now() + windUpMs + 1);
  assert.ok(await world.take("t2"));
});

test("of two tasks that find a key free at once one gets it", async ({ mock: { timers } }) => {
  const world = new World(timers);
  const both = await Promise.all([world.take("t1"), world.take("t2")]);
  assert.deepEqual(both, [true, false]);
});
