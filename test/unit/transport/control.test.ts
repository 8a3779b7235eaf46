import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deferred, serving, settled } from "./serving.ts";
import { block } from "./world.ts";

function busy() {
  const work = deferred();
  const on = serving(() => work.promise);
  on.ask();
  const answers = () => on.far.sent.map(({ subject, text }) => [subject, JSON.parse(text)]);
  return { ...on, work, answers };
}

test("a probe by name is answered with what is held of what was asked, and nothing else", () => {
  const { tell, answers } = busy();
  tell({ probe: { tokens: ["token", "other", 7, null] } }, "ops", "i-f1");
  const answer = { instance: "f1", held: ["token"], load: 2 };
  assert.deepEqual(answers(), [["_INBOX.ops.o1.reply", answer]]);
});

test("a probe of anybody is left to whoever has one of the attempts", () => {
  const { tell, answers } = busy();
  tell({ probe: { tokens: ["other"] } });
  assert.deepEqual(answers(), []);
  tell({ probe: { tokens: ["other"] } }, "ops", "i-f1");
  assert.equal(answers().length, 1, "by name it is answered, that it holds none");
});

test("what is over is not held any more", async () => {
  const { tell, answers, work } = busy();
  work.resolve(1);
  await settled();
  tell({ probe: { tokens: ["token"] } }, "ops", "i-f1");
  assert.deepEqual(answers().at(-1)?.[1].held, []);
});

test("another caller can neither ask after an attempt nor cancel it", () => {
  const { tell, answers, requests } = busy();
  tell({ probe: { tokens: ["token"] } }, "eve", "i-f1");
  tell({ cancel: { token: "token" } }, "eve");
  assert.deepEqual(answers()[0]?.[1].held, []);
  assert.equal(requests[0]?.signal.reason, undefined);
});

test("control without a reply subject of its own speaker is counted and dropped", () => {
  const { far, refused, requests } = busy();
  const cancel = JSON.stringify({ cancel: { token: "token" } });
  for (const reply of ["", "_INBOX.eve.1.x", "_INBOX.opsx.1.x", "mesh.call.far.work.any.ops"]) {
    far.deliver("mesh.control.far.any.ops", cancel, "", reply);
  }
  assert.deepEqual(refused, Array(4).fill("control_reply_subject"));
  assert.equal(requests[0]?.signal.reason, undefined);
});

test("a probe of a million tokens is answered for the first thousand", () => {
  const { tell, answers } = busy();
  const tokens = Array.from({ length: 100_000 }, (_, n) => (n < 1_000 ? "token" : `t${n}`));
  tell({ probe: { tokens } }, "ops", "i-f1");
  assert.ok((answers()[0]?.[1].held.length ?? 0) <= 1_024);
});

test("a probe that comes while the link goes down does not throw", () => {
  const { tell, far } = busy();
  far.isUp = false;
  tell({ probe: { tokens: ["token"] } });
  assert.deepEqual(far.sent, []);
});

test("no bytes on a control subject can throw, or touch another's attempt", () => {
  const { far, requests, held } = busy();
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ cancel: fc.anything() }).map((value) => JSON.stringify(value) ?? ""),
    fc
      .record({ credit: fc.record({ token: fc.constant("token"), bytes: fc.jsonValue() }) })
      .map((value) => JSON.stringify(value)),
    fc
      .record({ probe: fc.record({ tokens: fc.jsonValue() }) })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.oneof(body.map(safe), fc.constant("{}")), fc.string(), (text, token) => {
      far.deliver("mesh.control.far.any.ops", text, "", `_INBOX.ops.${token}`);
      far.deliver("mesh.control.far.i-f1.eve", text, "", "_INBOX.eve.1.x");
    }),
  );
  assert.equal(requests[0]?.signal.reason, undefined);
  assert.equal(held.size, 1);
});

/** Random text may by chance be a cancel of ours; that one is not the test's. */
function safe(text: string): string {
  return text.includes('"cancel"') && text.includes('"token"') ? "{}" : text;
}

test("credit lets a stream go on that waits for room, in its own caller's name only", async () => {
  const { far, ask, tell } = serving(
    async () =>
      (async function* () {
        for (let n = 0; n < 3; n++) yield n;
      })(),
    { streams: true },
  );
  ask("{}", block("Mesh-Credit: 1"));
  await settled();
  assert.equal(far.sent.length, 1);
  tell({ credit: { token: "token", bytes: 1e9 } }, "eve");
  await settled();
  assert.equal(far.sent.length, 1);
  tell({ credit: { token: "token", bytes: 1e9 } });
  await settled();
  assert.deepEqual(
    far.sent.map(({ text }) => text),
    ["0", "1", "2", ""],
  );
});
