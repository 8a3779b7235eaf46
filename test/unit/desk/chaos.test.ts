import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "@myelin/mesh";
import { Chaos } from "../../../services/desk/chaos/chaos.ts";
import { type Blow, planChaos } from "../../../services/desk/chaos/plan.ts";
import { randomFrom } from "../../../services/desk/chaos/random.ts";

const targets = {
  workers: ["summarizer-1", "summarizer-2", "summarizer-3"],
  singles: ["librarian", "indexer", "reviewer", "editor"],
};

test("the same seed gives the same plan, another one another", () => {
  assert.deepEqual(planChaos(7, targets), planChaos(7, targets));
  assert.notDeepEqual(planChaos(7, targets), planChaos(8, targets));
});

test("a seed's numbers are spread from 0 up to 1", () => {
  const random = randomFrom(1);
  const numbers = Array.from({ length: 1_000 }, random);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  for (let tenth = 0; tenth < 10; tenth++) {
    const many = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
    assert.ok(many > 50 && many < 150, `${many} in the tenth ${tenth}`);
  }
});

test("every plan kills workers, the editor and the broker, and freezes a worker, in order", () => {
  for (let seed = 0; seed < 200; seed++) {
    const plan = planChaos(seed, targets);
    const kills = plan.flatMap((blow) => (blow.is === "kill" ? [blow.label] : []));
    assert.ok(kills.filter((label) => targets.workers.includes(label)).length === 4);
    assert.ok(kills.includes("editor"));
    assert.equal(plan.filter(({ is }) => is === "broker").length, 2);
    assert.equal(plan.filter(({ is }) => is === "freeze").length, 1);
    const shares = plan.map(({ at }) => at);
    assert.deepEqual(shares, shares.toSorted());
    assert.ok(shares.every((at) => at >= 0.05 && at < 0.85));
  }
});

/** Processes that note what is done to them; a revival waits until the test lets it. */
function world(plan: readonly Blow[]) {
  const asked: string[] = [];
  const revivals: (() => void)[] = [];
  let pid = 0;
  const revive = (what: string) =>
    new Promise<void>((resolve) => {
      asked.push(`revive ${what}`);
      revivals.push(resolve);
    });
  const kill = async (what: string) => {
    asked.push(`kill ${what}`);
    return ++pid;
  };
  const chaos = new Chaos({
    plan,
    crew: { kill, revive, freeze: () => ++pid, thaw: (label) => void asked.push(`thaw ${label}`) },
    broker: { kill: () => kill("broker"), revive: () => revive("broker") },
    onBlow: () => {},
    signal: new AbortController().signal,
  });
  const settle = async () => {
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
  };
  return { asked, revivals, chaos, settle };
}

test("a blow falls once its share of the documents is done, and the one it hit comes back", async () => {
  const { asked, revivals, chaos, settle } = world([
    { at: 0.25, is: "kill", label: "editor" },
    { at: 0.5, is: "broker" },
  ]);
  chaos.onProgress(1, 8);
  await settle();
  assert.deepEqual(asked, []);
  chaos.onProgress(2, 8);
  chaos.onProgress(2, 8);
  await settle();
  assert.deepEqual(asked, ["kill editor", "revive editor"]);
  chaos.onProgress(4, 8);
  await settle();
  assert.deepEqual(asked.slice(2), ["kill broker", "revive broker"]);
  for (const done of revivals) done();
  const struck = await chaos.over();
  assert.deepEqual(
    struck.map(({ what, label, done }) => `${label} ${what} at ${done}`),
    ["editor killed at 2", "nats-server killed at 4"],
  );
});

test("what is not back yet is not hit again before it is", async () => {
  const twice = { at: 0, is: "kill", label: "summarizer-1" } as const;
  const { asked, revivals, chaos, settle } = world([twice, twice]);
  chaos.onProgress(0, 8);
  await settle();
  assert.deepEqual(asked, ["kill summarizer-1", "revive summarizer-1"]);
  revivals[0]?.();
  await settle();
  assert.equal(asked.length, 4);
  revivals[1]?.();
  assert.equal((await chaos.over()).length, 2);
});

test("nothing falls once the work is done", async () => {
  const { asked, chaos, settle } = world([{ at: 0.5, is: "broker" }]);
  chaos.onProgress(8, 8);
  await settle();
  assert.deepEqual(asked, []);
  assert.deepEqual(await chaos.over(), []);
});

test("what does not come back fails the run", async () => {
  const gone = new MeshError(MeshCode.Unavailable, "editor did not start");
  const chaos = new Chaos({
    plan: [{ at: 0, is: "kill", label: "editor" }],
    crew: {
      kill: async () => 1,
      revive: () => Promise.reject(gone),
      freeze: () => 1,
      thaw: () => {},
    },
    broker: { kill: async () => 1, revive: async () => {} },
    onBlow: () => {},
    signal: new AbortController().signal,
  });
  chaos.onProgress(0, 1);
  await assert.rejects(chaos.over(), gone);
});
