import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store, taskConsumer } from "@myelin/subjects";
import { mason } from "./mesh.ts";
import { mostAgain, nodes } from "./plan.ts";
import type { Found } from "./reader.ts";
import { chaos, doneUnnoted, sorted, type Work } from "./run.ts";

const work: Work = {
  ...{ sender: "owner", worker: mason.name, program: "mason-process", stream: Store.tasks },
  consumers: [taskConsumer(mason.name, "high"), taskConsumer(mason.name, "normal")],
  send: (owner, id, fate) => owner.client(mason).lay.submit({ fate }, { id }),
};

test("no task is lost, left behind or ended twice while everything around it breaks", () =>
  chaos(work, async ({ plan, ledger, runs, reader, ids, good, broken, deliveries }) => {
    // The copies of a stream hear of an acknowledgement one after the other.
    const left = async () =>
      (await reader.left(Store.tasks)) === 0 ? [] : reader.all(Store.tasks);
    await eventually("no task is left", async () => (await left()).length === 0).catch(() => {});
    const results = await reader.all(Store.results);
    // mesh.result.<submitter>.<task>.<state>.<agent>
    const idOf = ({ subject }: Found): string => subject.split(".")[3] ?? "";
    const stateOf = ({ subject }: Found): string => subject.split(".")[4] ?? "";
    const finals = results.filter((one) => stateOf(one) === "final");
    const { byId } = runs;
    const story = (id: string): string => {
      const states = results.filter((one) => idOf(one) === id).map(stateOf);
      return `${id}, worked on ${byId.get(id)?.length ?? 0} times: ${states.join(", ") || "no state"}`;
    };
    const ended = new Set(finals.map(idOf));
    assert.deepEqual(ids.filter((id) => !ended.has(id)).map(story), [], "each task has ended");
    assert.deepEqual(sorted(finals.map(idOf)), sorted(ids), "each task has one final state");
    // Seen once in thirty runs: a message that was acknowledged is still in the stream of a node that was killed. No
    // consumer gets it any more, and the server looks for such every two minutes, when nobody waits here any more.
    const stories = (await left()).map((one) => story(one.header("Mesh-Id")));
    assert.ok(stories.length <= nodes, `tasks are left: ${stories.join("; ")}`);
    const failed = finals.filter(({ header }) => header("Mesh-Error") !== "").map(idOf);
    assert.deepEqual(sorted(failed), sorted(broken), "what failed is what had to");
    assert.deepEqual(sorted(ledger.laid), sorted(good), "what was done is what had to be");
    const dead = (await reader.all(Store.dead)).map(({ subject }) => subject);
    const letters = broken.map((id) => `mesh.dead.task.mason.lay.${id}.0`);
    assert.deepEqual(sorted(dead), sorted(letters), "each failure is in the dead letters once");
    assert.deepEqual(runs.overlaps, [], "nobody works on what another one works on");
    assert.deepEqual(doneUnnoted(ledger, runs), [], "nothing is done but by whoever works on it");
    assert.ok(runs.again <= mostAgain(plan), `${runs.again} runs more than messages are too many`);
    assert.ok(deliveries < 3 * plan.messages, `${deliveries} deliveries are a storm`);
  }));
