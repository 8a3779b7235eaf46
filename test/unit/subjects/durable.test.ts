import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arrivedCallSubject,
  arrivedControlSubject,
  configSubject,
  deadSubject,
  eventSubject,
  foreignCallSubject,
  foreignControlSubject,
  isConfigKind,
  isEventName,
  laterSubject,
  type Parsed,
  parseConfigSubject,
  parseDeadSubject,
  parseEventSubject,
  parseForeignCall,
  parseForeignControl,
  parseLaterSubject,
  parseRecordSubject,
  parseResultSubject,
  parseTaskSubject,
  priorities,
  recordSubject,
  resultSubject,
  taskSubject,
} from "@myelin/subjects";
import fc from "fast-check";

const token = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/);
const name = fc.array(token, { minLength: 1, maxLength: 8 }).map((tokens) => tokens.join("."));
const account = `A${"B2".repeat(27)}C`;

test("durable subjects are spelled like this", () => {
  const task = { agent: "far", skill: "read", priority: "high", submitter: "me" } as const;
  assert.equal(taskSubject(task), "mesh.task.far.read.high.me");
  assert.equal(laterSubject(task), "mesh.later.far.read.me");
  const result = { submitter: "me", task: "t1", state: "final", agent: "far" };
  assert.equal(resultSubject(result), "mesh.result.me.t1.final.far");
  assert.equal(eventSubject({ publisher: "me", name: "digest.done" }), "mesh.event.me.digest.done");
  const dead = { kind: "task", agent: "far", skill: "read", task: "t1", generation: 0 };
  assert.equal(deadSubject(dead), "mesh.dead.task.far.read.t1.0");
  assert.equal(recordSubject({ agent: "far", skill: "read" }), "mesh.record.far.read");
  assert.equal(configSubject("account.AB"), "mesh.config.account.AB");
});

test("subjects between workspaces are spelled like this", () => {
  const pricer = { workspace: "sales", agent: "pricer" };
  assert.equal(
    foreignCallSubject(pricer, "quote", "any", "me"),
    "mesh.outcall.sales.pricer.quote.any.me",
  );
  assert.equal(foreignControlSubject(pricer, "any", "me"), "mesh.outcontrol.sales.pricer.any.me");
  const from = { account: "A-desk", agent: "pricer" };
  assert.equal(
    arrivedCallSubject(from, "quote", "any", "me"),
    "mesh.xcall.A-desk.pricer.quote.any.me",
  );
  assert.equal(arrivedControlSubject(from, "any", "me"), "mesh.xcontrol.A-desk.pricer.any.me");
});

test("every durable subject that can be built is read as what it was built from", () => {
  fc.assert(
    fc.property(
      token,
      token,
      token,
      token,
      name,
      fc.nat(999),
      (one, two, three, four, event, at) => {
        const priority = priorities[at % 2] ?? "high";
        const task = { agent: one, skill: two, priority, submitter: three };
        same(parseTaskSubject(taskSubject(task)), task);
        const later = { agent: one, skill: two, submitter: three };
        same(parseLaterSubject(laterSubject(later)), later);
        const result = { submitter: one, task: two, state: three, agent: four };
        same(parseResultSubject(resultSubject(result)), result);
        const told = { publisher: one, name: event };
        same(parseEventSubject(eventSubject(told)), told);
        const dead = { kind: one, agent: two, skill: three, task: four, generation: at };
        same(parseDeadSubject(deadSubject(dead)), dead);
        const record = { agent: one, skill: two };
        same(parseRecordSubject(recordSubject(record)), record);
        same(parseConfigSubject(configSubject(event)), event);
      },
    ),
  );
});

test("a durable subject that breaks the grammar is refused", () => {
  const wrong: readonly (readonly [(subject: string) => Parsed<unknown>, string])[] = [
    [parseTaskSubject, "mesh.task.far.read.low.me"],
    [parseTaskSubject, "mesh.task.far.read.high"],
    [parseTaskSubject, "mesh.task.far.read.high.me.more"],
    [parseTaskSubject, "mesh.call.far.read.high.me"],
    [parseTaskSubject, "mesh.task.far.*.high.me"],
    [parseLaterSubject, "mesh.later.far.read.ME"],
    [parseResultSubject, "mesh.result.me.t1.final.>"],
    [parseEventSubject, "mesh.event.me"],
    [parseEventSubject, "mesh.event.me.a..b"],
    [parseEventSubject, `mesh.event.me.${"a.".repeat(8)}a`],
    [parseDeadSubject, "mesh.dead.task.far.read.t1.-1"],
    [parseDeadSubject, "mesh.dead.task.far.read.t1.01"],
    [parseDeadSubject, "mesh.dead.task.far.read.t1.1e9"],
    [parseRecordSubject, "mesh.record.far"],
    [parseConfigSubject, "mesh.config."],
    [parseConfigSubject, "mesh.config.a.*"],
    [parseConfigSubject, "other.config.a"],
  ];
  for (const [parse, subject] of wrong) assert.equal(parse(subject).ok, false, subject);
});

test("a foreign call is believed only with what the server wrote", () => {
  const rest = "summarizer.condense.any.pricer";
  same(parseForeignCall(`mesh.xcall.${account}.${rest}`), {
    ...{ account, agent: "summarizer", skill: "condense", caller: "pricer" },
    route: { to: "any" },
  });
  same(parseForeignControl(`mesh.xcontrol.${account}.summarizer.i-a1.pricer`), {
    ...{ account, agent: "summarizer", caller: "pricer" },
    route: { to: "instance", instance: "a1" },
  });
  // A local agent's own call to a workspace is heard by a local namesake as well.
  for (const third of ["sales", "*", "", account.slice(1), account.toLowerCase()]) {
    assert.equal(parseForeignCall(`mesh.xcall.${third}.${rest}`).ok, false, third);
  }
  assert.equal(parseForeignCall(`mesh.call.${account}.${rest}`).ok, false);
  assert.equal(parseForeignCall(`mesh.xcall.${account}.${rest}.more`).ok, false);
});

test("names of events and configurations are tokens joined by dots", () => {
  for (const good of ["a", "a.b", "digest.done-2"])
    assert.ok(isEventName(good) && isConfigKind(good));
  for (const bad of ["", ".", "a.", "a.*", ">", "a b", `${"a.".repeat(8)}a`]) {
    assert.ok(!isEventName(bad) && !isConfigKind(bad), bad);
  }
  assert.ok(isConfigKind(`account.${account}`) && !isEventName(`account.${account}`));
});

function same<T>(parsed: Parsed<T>, expected: T): void {
  assert.deepEqual(parsed, { ok: true, value: expected });
}
