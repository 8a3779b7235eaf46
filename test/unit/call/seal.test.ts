import assert from "node:assert/strict";
import { test } from "node:test";
import { type SealParts, seal } from "../../../libs/call/seal.ts";
import { isMeshError, MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { Box, CalleeForms, createCurveKey, Seals } from "../../../libs/identity/index.ts";
import type { Call, Send } from "../../../libs/pipeline/index.ts";
import { answering, call, failing } from "../../../libs/testing/index.ts";
import { json } from "../../../libs/wire/index.ts";

const instance = { instance: "i1", route: "i-i1" };
const sealedWork = { sealed: true, request: json, response: json };

function world(change: Partial<SealParts> = {}) {
  const [own, theirs] = [new Seals(createCurveKey()), new Seals(createCurveKey())];
  const looked: (string | undefined)[] = [];
  const doubted: string[] = [];
  const layer = seal({
    name: "tester",
    seals: () => own,
    find: async (_agent, wanted) => {
      looked.push(wanted);
      return { target: instance, key: theirs.publicKey };
    },
    doubt: (agent) => doubted.push(agent),
    ...change,
  });
  return { layer, looked, doubted, own, theirs };
}

/** Opens what arrives and answers sealed, as an agent does. */
function farSide(own: Seals, theirs: Seals, seen: Call[] = []): Send {
  return async (sent) => {
    seen.push(sent);
    const about = { caller: "tester", key: sent.operation.key, id: sent.id };
    const forms = new CalleeForms(new Box([theirs], own.publicKey), about, () => sealedWork);
    const asked = forms.decode(sent.operation.request.encode(sent.input));
    const value = sent.operation.response.decode(forms.answer.encode({ asked }));
    return { value, instance: "i1", load: 0 };
  };
}

test("a call that is not sealed passes untouched", async () => {
  const { layer, looked } = world();
  const far = answering(1);
  const plain = call();
  await layer(far.send)(plain);
  assert.equal(far.seen[0], plain);
  assert.equal(looked.length, 0);
});

test("a sealed call goes to the instance whose key it is sealed for, and its answer is opened", async () => {
  const { layer, own, theirs, looked } = world();
  const seen: Call[] = [];
  const sent = call({ operation: sealedWork, input: { text: "a" }, onBehalf: "token" });
  const reply = await layer(farSide(own, theirs, seen))(sent);
  assert.deepEqual(reply.value, { asked: { text: "a" } });
  assert.deepEqual(seen[0]?.target, instance);
  assert.equal(seen[0]?.onBehalf, "token");
  assert.match(
    seen[0]?.operation.request.contentType ?? "",
    /^application\/vnd\.myelin\.sealed; key=X/,
  );
  assert.deepEqual(looked, [undefined]);
});

test("the instance that was picked is the one whose key is looked for", async () => {
  const { layer, own, theirs, looked } = world();
  const target = { instance: "i7", route: "i-i7" };
  await layer(farSide(own, theirs))(call({ operation: sealedWork, target }));
  assert.deepEqual(looked, ["i7"]);
});

test("an answer in the clear to a sealed call is refused", async () => {
  const { layer } = world();
  await assert.rejects(layer(answering(1).send)(call({ operation: sealedWork })), (error) => {
    assert.ok(isMeshError(error, MeshCode.PermissionDenied));
    assert.match(error.message, /answered in the clear/);
    return true;
  });
});

test("without a key nothing is sent", async () => {
  const far = answering(1);
  const { layer } = world({
    find: () => Promise.reject(new MeshError(MeshCode.PermissionDenied, "no verified card")),
  });
  await assert.rejects(layer(far.send)(call({ operation: sealedWork })), (error) =>
    isMeshError(error, MeshCode.PermissionDenied),
  );
  assert.equal(far.calls, 0);
});

test("an instance that is gone or cannot open casts doubt on the keys, other failures do not", async () => {
  const { layer, doubted } = world();
  for (const code of [MeshCode.Unavailable, MeshCode.PermissionDenied, MeshCode.HandlerFailed]) {
    await assert.rejects(layer(failing(code).send)(call({ operation: sealedWork })));
  }
  assert.deepEqual(doubted, ["far", "far"]);
});
