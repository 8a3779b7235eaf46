import assert from "node:assert/strict";
import { test } from "node:test";
import { followConsumer, Store } from "@myelin/subjects";
import { herald } from "./mesh.ts";
import { mostAgain } from "./plan.ts";
import { chaos, doneUnnoted, sorted, type Work } from "./run.ts";

const work: Work = {
  ...{ sender: herald.name, worker: "scribe", program: "scribe-process", stream: Store.events },
  consumers: [followConsumer("scribe", "book")],
  send: (sender, id, fate) => sender.publish(herald, "stone.laid", { fate }, { id }),
};

test("no event is lost, or dealt with twice, while everything around it breaks", () =>
  chaos(work, async ({ plan, ledger, runs, reader, ids, good, broken, deliveries }) => {
    const events = (await reader.all(Store.events)).map(({ header }) => header("ce-id"));
    assert.deepEqual(sorted(events), sorted(ids), "each event is stored once");
    assert.deepEqual(sorted(ledger.laid), sorted(good), "what was handled is what had to be");
    const dead = (await reader.all(Store.dead)).map(({ header }) => header("Origin-ce-id"));
    assert.deepEqual(sorted(dead), sorted(broken), "each failure is in the dead letters once");
    assert.deepEqual(runs.overlaps, [], "nobody works on what another one works on");
    assert.deepEqual(doneUnnoted(ledger, runs), [], "nothing is done but by whoever works on it");
    assert.ok(runs.again <= mostAgain(plan), `${runs.again} runs more than messages are too many`);
    assert.ok(deliveries < 3 * plan.messages, `${deliveries} deliveries are a storm`);
  }));
