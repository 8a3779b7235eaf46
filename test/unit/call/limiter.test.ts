import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type LimiterOptions,
  Limiters,
  limiter,
  resolveLimiter,
} from "../../../libs/call/limiter.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Call, Reply, Send } from "../../../libs/pipeline/index.ts";
import { call } from "../../../libs/testing/index.ts";
import { refused } from "./world.ts";

/** A far side whose answers a test gives one by one. */
class HeldSide {
  readonly seen: Call[] = [];
  readonly #open: { resolve(reply: Reply): void; reject(error: unknown): void }[] = [];
  most = 0;

  readonly send: Send = (asked) => {
    this.seen.push(asked);
    return new Promise((resolve, reject) => {
      this.#open.push({ resolve, reject });
      this.most = Math.max(this.most, this.#open.length);
    });
  };

  answer(value: unknown = "done"): void {
    this.#open.shift()?.resolve({ value, instance: undefined, load: undefined });
  }

  fail(): void {
    this.#open.shift()?.reject(new MeshError(MeshCode.HandlerFailed, "test"));
  }

  get open(): number {
    return this.#open.length;
  }
}

function ground(options: LimiterOptions) {
  const far = new HeldSide();
  const limiters = new Limiters(resolveLimiter(options));
  return { far, send: limiter(limiters)(far.send), gate: limiters.gate("far") };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

const cancelled = () => new MeshError(MeshCode.Cancelled, "test");

test("a call that finds no slot goes when one is free, the first that came first", async () => {
  const { far, send } = ground({ inFlight: 1 });
  const first = send(call({ id: "1" }));
  const second = send(call({ id: "2" }));
  const third = send(call({ id: "3" }));
  assert.equal(far.seen.length, 1);
  far.answer();
  await first;
  await turn();
  assert.equal(far.seen.at(-1)?.id, "2");
  far.answer();
  await second;
  await turn();
  far.answer();
  await third;
});

test("a full queue refuses with overloaded, and says how full it is", async () => {
  const { far, send } = ground({ inFlight: 1, queue: 1 });
  const kept = [send(call()), send(call())];
  await assert.rejects(send(call()), (error: MeshError) => {
    assert.ok(refused(MeshCode.Overloaded, "here")(error));
    assert.match(error.message, /1 calls to far are under way and 1 wait here already/);
    return true;
  });
  far.answer();
  await turn();
  far.answer();
  await Promise.all(kept);
});

test("a call that ends while it waits leaves the queue and takes no slot", async () => {
  const { far, send, gate } = ground({ inFlight: 1 });
  const first = send(call());
  const waiting = call();
  const outcome = assert.rejects(send(waiting), refused(MeshCode.Cancelled));
  waiting.signal.end(cancelled());
  await outcome;
  assert.equal(gate.waiting, 0);
  far.answer();
  await first;
  assert.ok(gate.isIdle);
  assert.equal(far.seen.length, 1);
});

test("agents have their own slots", () => {
  const { far, send } = ground({ inFlight: 1 });
  void send(call());
  void send(call({ operation: { agent: "other" } }));
  assert.equal(far.seen.length, 2);
});

test("a stream keeps its slot until its last frame", async () => {
  const { far, send, gate } = ground({ inFlight: 1 });
  async function* two() {
    yield 1;
    yield 2;
  }
  const streamed = send(call({ operation: { streams: true } }));
  far.answer(two());
  const frames = (await streamed).value as AsyncIterable<unknown>;
  assert.equal(gate.running, 1);
  for await (const _ of frames) assert.equal(gate.running, 1);
  assert.equal(gate.running, 0);
});

test("leaving a stream gives its slot back, and so does the end of its call", async () => {
  const { far, send, gate } = ground({ inFlight: 2 });
  async function* endless() {
    for (;;) yield 1;
  }
  const left = send(call({ operation: { streams: true } }));
  far.answer(endless());
  for await (const _ of (await left).value as AsyncIterable<unknown>) break;
  assert.equal(gate.running, 0);
  const unread = call({ operation: { streams: true } });
  const ended = send(unread);
  far.answer(endless());
  await ended;
  unread.signal.end(cancelled());
  assert.equal(gate.running, 0);
});

test("a far side that throws instead of rejecting costs no slot", async () => {
  const limiters = new Limiters(resolveLimiter({ inFlight: 1 }));
  const send = limiter(limiters)(() => {
    throw new TypeError("test");
  });
  await assert.rejects(send(call()), TypeError);
  assert.ok(limiters.gate("far").isIdle);
});

test("whatever happens in whatever order, no more run than may, and no slot is lost", async () => {
  const step = fc.constantFrom("ask", "answer", "fail", "leave");
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(4),
      async (steps, inFlight, queue) => {
        const { far, send, gate } = ground({ inFlight, queue });
        const asked: Call[] = [];
        for (const what of steps) {
          if (what === "ask") {
            asked.push(call());
            send(asked.at(-1) as Call).catch(() => undefined);
          } else if (what === "answer") far.answer();
          else if (what === "fail") far.fail();
          else asked.pop()?.signal.end(cancelled());
          if (asked.length % 3 === 0) await turn();
          assert.ok(gate.running <= inFlight && gate.waiting <= queue);
        }
        await turn();
        while (far.open > 0) {
          far.answer();
          await turn();
        }
        assert.ok(far.most <= inFlight);
        assert.ok(gate.isIdle);
      },
    ),
  );
});

test("an option out of range is refused by its path", () => {
  assert.throws(() => resolveLimiter({ inFlight: 0 }), /limit\.inFlight must be a whole number/);
});
