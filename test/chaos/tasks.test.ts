import assert from "node:assert/strict";
import { test } from "node:test";
import { Store, taskConsumer } from "@myelin/subjects";
import { mason } from "./mesh.ts";
import { chaos, sorted, type Work } from "./run.ts";

const work: Work = {
  ...{ sender: "owner", worker: mason.name, program: "mason-process", stream: Store.tasks },
  consumers: [taskConsumer(mason.name, "high"), taskConsumer(mason.name, "normal")],
  send: (owner, id, fate) => owner.client(mason).lay.submit({ fate }, { id }),
};

test("no task is lost, left behind or ended twice while everything around it breaks", (t) =>
  chaos(t, work, async ({ plan, ledger, reader, ids, good, broken, deliveries }) => {
    assert.equal(await reader.left(Store.tasks), 0, "no task is left");
    const results = await reader.all(Store.results);
    // mesh.result.<submitter>.<task>.<state>.<agent>
    const finals = results.filter(({ subject }) => subject.split(".")[4] === "final");
    const idOf = ({ subject }: { readonly subject: string }): string => subject.split(".")[3] ?? "";
    assert.deepEqual(sorted(finals.map(idOf)), sorted(ids), "each task has one final state");
    const failed = finals.filter(({ header }) => header("Mesh-Error") !== "").map(idOf);
    assert.deepEqual(sorted(failed), sorted(broken), "what failed is what had to");
    assert.deepEqual(sorted(ledger.laid), sorted(good), "what was done is what had to be");
    const dead = (await reader.all(Store.dead)).map(({ subject }) => subject);
    const letters = broken.map((id) => `mesh.dead.task.mason.lay.${id}.0`);
    assert.deepEqual(sorted(dead), sorted(letters), "each failure is in the dead letters once");
    assert.ok(deliveries < 3 * plan.messages, `${deliveries} deliveries are a storm`);
  }));
