import assert from "node:assert/strict";
import { test } from "node:test";
import { CallSignal, systemClock, Wheel } from "../../../libs/pipeline/index.ts";
import { operation } from "../../../libs/testing/index.ts";
import { Addresses } from "../../../libs/transport/addresses.ts";
import { HeldAttempts } from "../../../libs/transport/index.ts";

function held(token: string, caller = "ops") {
  return { token, caller, signal: new CallSignal(new Wheel(systemClock)), credit: undefined };
}

test("an attempt is found by its own caller only, and by nothing but its token", () => {
  const attempts = new HeldAttempts();
  const one = held("t1");
  attempts.add(one);
  assert.equal(attempts.find("t1", "ops"), one);
  assert.equal(attempts.find("t1", "eve"), undefined);
  for (const token of [undefined, null, 1, ["t1"], {}, "t2", ""]) {
    assert.equal(attempts.find(token, "ops"), undefined);
  }
});

test("of two attempts with one token the first keeps the name, and only it can free it", () => {
  const attempts = new HeldAttempts();
  const [first, second] = [held("t1"), held("t1")];
  attempts.add(first);
  attempts.add(second);
  attempts.remove(second);
  assert.equal(attempts.find("t1", "ops"), first);
  attempts.remove(first);
  attempts.remove(first);
  assert.equal(attempts.size, 0);
});

test("thousands of attempts are each found, and gone once removed", () => {
  const attempts = new HeldAttempts();
  const all = Array.from({ length: 3_000 }, (_, at) => held(`_INBOX-${at.toString(36)}`));
  for (const each of all) attempts.add(each);
  assert.equal(attempts.size, 3_000);
  for (const each of all) assert.equal(attempts.find(each.token, "ops"), each);
  for (const each of all.slice(0, 2_000)) attempts.remove(each);
  assert.equal(attempts.find(all[1_999]?.token, "ops"), undefined);
  assert.deepEqual(new Set(attempts), new Set(all.slice(2_000)));
});

test("attempts can be removed while all are gone through", () => {
  const attempts = new HeldAttempts();
  for (const token of ["a", "b", "c"]) attempts.add(held(token));
  for (const attempt of attempts) attempts.remove(attempt);
  assert.equal(attempts.size, 0);
});

test("an address says who calls, what and where replies may go, and is read once", () => {
  const work = operation({ agent: "far" });
  const addresses = new Addresses("far", new Map([["work", work]]));
  const address = addresses.read("mesh.call.far.work.i-a1.ops");
  assert.deepEqual(
    [address?.skill, address?.operation, address?.caller, address?.inbox, address?.direct],
    ["work", work, "ops", "_INBOX.ops.", true],
  );
  assert.equal(addresses.read("mesh.call.far.work.i-a1.ops"), address);
  assert.equal(addresses.read("mesh.call.far.nap.any.ops")?.operation, undefined);
  assert.equal(addresses.read("mesh.call.far.work.v-1-0-0.ops")?.direct, false);
});

test("a subject that is no call to this agent has no address", () => {
  const addresses = new Addresses("far", new Map());
  const subjects = ["mesh.call.near.work.any.ops", "mesh.control.far.any.ops", "", "mesh.call.far"];
  subjects.push("mesh.call.far.work.any.*", "mesh.call.far.work.any.ops.more", "$SRV.INFO.far");
  for (const subject of subjects) assert.equal(addresses.read(subject), undefined, subject);
});

test("a skill named like a member of every object is unknown unless the agent has it", () => {
  const addresses = new Addresses("far", new Map());
  assert.equal(addresses.read("mesh.call.far.constructor.any.ops")?.operation, undefined);
});
