import assert from "node:assert/strict";
import { test } from "node:test";
import { CallRecorder, readRecordFacts } from "../../../libs/durable/recording/index.ts";
import type { Put } from "../../../libs/durable/stored/answers.ts";
import type { OutMessage } from "../../../libs/durable/stored/store.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { hexId } from "../../../libs/pipeline/index.ts";
import { eventually, ManualClock } from "../../../libs/testing/index.ts";
import { headLine } from "../../../libs/wire/index.ts";

const stored: Put = { is: "stored", sequence: 1, duplicate: false };

/** A recorder of `scribe` on a store of the test's own. */
async function recorder(rule: string, put: (letter: OutMessage) => Promise<Put>) {
  const clock = new ManualClock(1_000);
  const fates: string[] = [];
  const warnings: string[] = [];
  const letters: OutMessage[] = [];
  let asked = 0;
  const recorder = new CallRecorder({
    agent: "scribe",
    clock,
    random: () => 0.5,
    link: {
      isUp: true,
      maxPayload: 65_536,
      onUp: () => () => {},
      subscribe: () => ({ refused: undefined, stop: async () => {} }),
    },
    store: {
      async last() {
        asked++;
        return { head: "", payload: Buffer.from(rule), sequence: 1, storedAt: new Date() };
      },
      put(letter) {
        letters.push(letter);
        return put(letter);
      },
    },
    onFate: (fate) => void fates.push(fate),
    warn: (detail) => void warnings.push(detail),
  });
  recorder.start();
  await eventually("the rule is read", () => asked > 0);
  await new Promise((resolve) => setImmediate(resolve));
  return { recorder, clock, fates, letters, warnings };
}

const all = '{"agents":["scribe"],"share":1}';

function call(head = "", payload = "{}") {
  const bytes = Buffer.from(payload);
  return { subject: "mesh.call.scribe.sum.any.boss", reply: "_INBOX.boss.x", head, payload: bytes };
}

test("nothing is copied for an agent that the rule does not name", async () => {
  const { recorder: other } = await recorder('{"agents":["editor"],"share":1}', async () => stored);
  assert.equal(other.isOn, false);
});

test("a rule that cannot be read records nothing, and says so", async () => {
  const { recorder: off, warnings } = await recorder('{"agents":"*"}', async () => stored);
  assert.equal(off.isOn, false);
  assert.match(warnings[0] ?? "", /mesh\.config\.recording cannot be read.*agents is a list/);
});

test("the same traces are recorded by every agent, about the share that the rule says", async () => {
  const rule = '{"agents":["*"],"share":0.25}';
  const one = await recorder(rule, async () => stored);
  const other = await recorder(rule, async () => stored);
  let many = 0;
  for (let trace = 0; trace < 400; trace++) {
    const head = `${headLine}traceparent: 00-${hexId(16)}-${hexId(8)}-01\r\n\r\n`;
    const isRecorded = one.recorder.record(call(head), false) !== undefined;
    assert.equal(other.recorder.record(call(head), false) !== undefined, isRecorded);
    if (isRecorded) many++;
  }
  assert.ok(many > 40 && many < 180, `${many} of 400`);
});

test("a store that says nothing costs copies, not memory: what finds no room is dropped and counted", async () => {
  const { recorder: slow, fates, letters } = await recorder(all, () => new Promise(() => {}));
  for (let asked = 0; asked < 3_000; asked++) slow.record(call(), false);
  assert.equal(fates.filter((fate) => fate === "dropped").length, 1_000);
  assert.equal(letters.length, 0, "no copy is sent in the turn in which a call comes");
  await eventually("some are under way", () => letters.length === 32);
});

test("a store that refuses is asked again after a pause, with what came since", async () => {
  const refusal = new MeshError(MeshCode.Unavailable, "no stream");
  let isAway = true;
  const {
    recorder: away,
    clock,
    fates,
  } = await recorder(all, async () => {
    if (isAway) throw refusal;
    return stored;
  });
  away.record(call(), false);
  await eventually("it is lost", () => fates.join() === "lost");
  away.record(call(), false);
  isAway = false;
  clock.advance(1_000);
  await eventually("the next is stored", () => fates.join() === "lost,stored");
});

test("no copy has the token that says on whose behalf a call was made", async () => {
  const { recorder: on, letters } = await recorder(all, async () => stored);
  on.record(call(`${headLine}Mesh-Id: c-1\r\nMesh-On-Behalf: secret\r\n\r\n`), false);
  const [letter] = await eventually("it is sent", () => letters.length > 0 && letters);
  assert.doesNotMatch(JSON.stringify(letter?.headers), /secret/);
  assert.ok(letter?.headers.some(([name, value]) => name === "Origin-Mesh-Id" && value === "c-1"));
});

test("a payload that leaves no room for headers is cut, and the copy says so", async () => {
  const { recorder: on, letters } = await recorder(all, async () => stored);
  on.record(call("", "x".repeat(65_000)), false);
  const [letter] = await eventually("it is sent", () => letters.length > 0 && letters);
  const facts = letter?.headers.find(([name]) => name === "Mesh-Record")?.[1];
  assert.equal(readRecordFacts(String(facts))?.cutFrom, 65_000);
  assert.ok((letter?.payload.length ?? 0) < 65_000);
});

test("a long stream is copied to its bound, then only its end, which tells what is missing", async () => {
  const { recorder: on, letters } = await recorder(all, async () => stored);
  const copy = on.record(call(), true);
  for (let frame = 0; frame < 1_500; frame++) copy?.sent(`${headLine}\r\n`, `${frame}`);
  copy?.sent(`${headLine}Mesh-Frames: 1500\r\n\r\n`, "");
  await eventually("all are sent", () => letters.length === 1_002);
  const facts = letters.at(-1)?.headers.find(([name]) => name === "Mesh-Record")?.[1];
  const read = readRecordFacts(String(facts));
  assert.deepEqual([read?.last, read?.skipped], [true, 500]);
});

test("what is no copy, or too long to be one, is read as none", () => {
  assert.equal(readRecordFacts(undefined), undefined);
  assert.equal(readRecordFacts("{"), undefined);
  assert.equal(readRecordFacts('{"id":"x","part":"call"}'), undefined);
  assert.equal(readRecordFacts(`"${"x".repeat(5_000)}"`), undefined);
});
