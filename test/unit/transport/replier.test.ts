import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { Replier, type Told } from "../../../libs/transport/replier.ts";
import { json, ReplyHeads } from "../../../libs/wire/index.ts";
import { errorOf } from "./serving.ts";
import { block, FakeLink } from "./world.ts";

function replying(told?: Told, load = () => 4) {
  const far = new FakeLink();
  const refused: string[] = [];
  const parts = {
    link: far.link,
    heads: new ReplyHeads("f1"),
    load,
    onRefused: (reason: string) => void refused.push(reason),
  };
  return { far, refused, replier: new Replier(parts, "_INBOX.ops.o1.t", told) };
}

const failure = new MeshError(MeshCode.HandlerFailed, "oh");
const gaveUp = new MeshError(MeshCode.Cancelled, "gave up");

test("a request is answered once, whatever is said after that", () => {
  const { far, replier } = replying();
  replier.answer(1, json);
  replier.answer(2, json);
  replier.fail(failure);
  replier.finish(0);
  replier.end(failure);
  assert.deepEqual(
    far.sent.map(({ text }) => text),
    ["1"],
  );
});

test("a failure is said once, and no answer follows it", () => {
  const { far, replier } = replying();
  replier.fail(failure);
  replier.fail(failure);
  replier.answer(1, json);
  replier.finish(3);
  assert.deepEqual(
    far.sent.map((reply) => errorOf(reply).code),
    ["handler_failed"],
  );
});

test("who gave up itself is told nothing, also not later", () => {
  const { far, replier } = replying();
  replier.end(gaveUp);
  replier.answer(1, json);
  replier.fail(failure);
  assert.deepEqual(far.sent, []);
});

test("an answer that did not go out can still be replaced by the reason", () => {
  const { far, replier } = replying();
  assert.throws(() => replier.answer(10n, json), { code: "malformed_payload" });
  replier.fail(failure);
  assert.equal(errorOf(far.sent[0]).code, "handler_failed");
});

test("the end of a stream is an empty message that counts its frames", () => {
  const { far, replier } = replying();
  replier.finish(12);
  assert.equal(far.sent[0]?.text, "");
  assert.equal(far.sent[0]?.head, block("Mesh-From: f1 4", "Mesh-Frames: 12"));
});

test("a failure that cannot be sent is counted, and never thrown", () => {
  const { far, refused, replier } = replying();
  far.isUp = false;
  replier.fail(failure);
  assert.deepEqual(refused, ["reply_lost"]);
});

test("who asked this very instance is told its load when that has moved by more than a quarter", () => {
  const told = { direct: true, toldLoad: -1 };
  const said = [0, 0, 8, 9, 10, 11, 7, 0].map((load) => {
    const { far, replier } = replying(told, () => load);
    replier.answer(1, json);
    return far.sent[0]?.head === "" ? "nothing" : load;
  });
  assert.deepEqual(said, [0, "nothing", 8, "nothing", "nothing", 11, 7, 0]);
});

test("who asked anybody is always told who answered", () => {
  const told = { direct: false, toldLoad: 4 };
  const { far, replier } = replying(told);
  replier.answer(1, json);
  assert.equal(far.sent[0]?.head, block("Mesh-From: f1 4"));
});
