import assert from "node:assert/strict";
import { test } from "node:test";
import { nkeys } from "@nats-io/transport-node";
import fc from "fast-check";
import { isMeshError, MeshCode } from "../../../libs/errors/index.ts";
import {
  Box,
  CalleeForms,
  CallerForms,
  createCurveKey,
  type PlainForms,
  Seals,
} from "../../../libs/identity/index.ts";
import { json } from "../../../libs/wire/index.ts";
import { refuses } from "./issuer.ts";

const denied = MeshCode.PermissionDenied;
const about = { caller: "editor", key: "summarizer.condense", id: "call-1" };
const plain: PlainForms = { request: json, response: json };
const secret = Buffer.from("the text that nobody else may read");

function pair() {
  return { ours: new Seals(createCurveKey()), theirs: new Seals(createCurveKey()) };
}

/** Both sides of one exchange. */
function exchange(change: Partial<typeof about> = {}) {
  const { ours, theirs } = pair();
  const caller = new CallerForms(new Box([ours], theirs.publicKey), about, plain, "tag-1");
  const callee = new CalleeForms(
    new Box([theirs], ours.publicKey),
    { ...about, ...change },
    (contentType) => (contentType === json.contentType ? plain : undefined),
  );
  return { caller, callee, ours, theirs };
}

test("what is sealed for a key is opened by its owner, and shows nothing on the way", () => {
  const { ours, theirs } = pair();
  const sealed = Buffer.from(ours.seal(theirs.publicKey, secret));
  assert.equal(sealed.length, secret.length + 44);
  assert.equal(sealed.subarray(0, 4).toString(), "xkv1");
  assert.equal(sealed.includes("nobody"), false);
  assert.deepEqual(Buffer.from(theirs.open(ours.publicKey, sealed)), secret);
});

test("sealing is that of nkeys, both ways", () => {
  const key = createCurveKey();
  const theirs = nkeys.fromCurveSeed(new TextEncoder().encode(createCurveKey().seedText()));
  const ours = new Seals(key);
  const sealed = ours.seal(theirs.getPublicKey(), secret);
  assert.deepEqual(Buffer.from(theirs.open(sealed, ours.publicKey) ?? []), secret);
  const back = theirs.seal(secret, ours.publicKey);
  assert.deepEqual(Buffer.from(ours.open(theirs.getPublicKey(), back)), secret);
});

test("what was sealed for another key, or changed, is refused", () => {
  const { ours, theirs } = pair();
  const sealed = ours.seal(theirs.publicKey, secret);
  const other = new Seals(createCurveKey());
  refuses(denied, ["sealed for another key"], () => other.open(ours.publicKey, sealed));
  const bent = Buffer.from(sealed);
  bent[40] = (bent[40] ?? 0) ^ 1;
  refuses(denied, ["or changed"], () => theirs.open(ours.publicKey, bent));
  refuses(denied, ["not a sealed payload"], () => theirs.open(ours.publicKey, secret));
  refuses(denied, [], () => theirs.open("X-no-key", sealed));
});

test("a request and its answer cross sealed", () => {
  const { caller, callee } = exchange();
  const sealed = caller.request.encode({ text: "long" });
  assert.deepEqual(callee.decode(sealed), { text: "long" });
  const answer = callee.answer.encode({ words: 1 });
  assert.equal(Buffer.from(answer).includes("words"), false);
  assert.deepEqual(caller.response.decode(answer), { words: 1 });
  assert.equal(caller.opened, 1);
});

test("frames are opened in their order only", () => {
  const { caller, callee } = exchange();
  callee.decode(caller.request.encode({}));
  const [first, second] = [callee.answer.encode(1), callee.answer.encode(2)];
  refuses(denied, ["out of turn"], () => caller.response.decode(second));
  assert.throws(() => caller.response.decode(first));
  const again = exchange();
  again.callee.decode(again.caller.request.encode({}));
  assert.deepEqual(
    [1, 2, 3].map((frame) => again.caller.response.decode(again.callee.answer.encode(frame))),
    [1, 2, 3],
  );
});

test("an answer to one attempt is no answer to another", () => {
  const { caller, callee, ours, theirs } = exchange();
  callee.decode(caller.request.encode({}));
  const answer = callee.answer.encode(1);
  const next = new CallerForms(new Box([ours], theirs.publicKey), about, plain, "tag-2");
  refuses(denied, ["answers something else"], () => next.response.decode(answer));
});

test("what an error says crosses sealed, and is no answer", () => {
  const { caller, callee } = exchange();
  const before = callee.failure;
  assert.equal(before, undefined);
  callee.decode(caller.request.encode({}));
  const failure = callee.failure?.encode({ detail: "no such text" });
  assert.ok(failure);
  assert.deepEqual(caller.response.failure.decode(failure), { detail: "no such text" });
  refuses(denied, ["answers something else"], () => caller.response.decode(failure));
});

for (const [what, change] of Object.entries({
  caller: { caller: "reviewer" },
  skill: { key: "summarizer.shorten" },
  call: { id: "call-2" },
})) {
  test(`a sealed request that is sent on as another ${what}'s is refused`, () => {
    const { caller, callee } = exchange(change);
    refuses(denied, ["it was sealed"], () => callee.decode(caller.request.encode({})));
  });
}

test("what was sealed for the key before the last rotation is still opened", () => {
  const { ours, theirs } = pair();
  const next = new Seals(createCurveKey());
  const caller = new CallerForms(new Box([ours], theirs.publicKey), about, plain, "tag-1");
  const box = new Box([next, theirs], ours.publicKey);
  const callee = new CalleeForms(box, about, () => plain);
  assert.deepEqual(callee.decode(caller.request.encode(7)), 7);
});

test("whatever comes in place of a sealed payload ends in permission_denied", () => {
  const { caller, callee } = exchange();
  const good = Buffer.from(caller.request.encode({ text: "long" }));
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.concat([Buffer.from("xkv1"), rest])),
    fc.nat(good.length - 1).map((at) => good.subarray(0, at)),
  );
  const property = fc.property(hostile, (bytes) => {
    for (const form of [callee, caller.response, caller.response.failure]) {
      assert.throws(
        () => form.decode(bytes),
        (error) => isMeshError(error, denied),
      );
    }
  });
  fc.assert(property, { numRuns: 300 });
});
