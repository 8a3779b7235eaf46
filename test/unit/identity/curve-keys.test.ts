import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { nkeys } from "@nats-io/transport-node";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  createCurveKey,
  createKey,
  curveKeyFromSeed,
  deriveCurveKey,
  keyFromSeed,
} from "../../../libs/identity/index.ts";
import { refuses } from "./issuer.ts";

test("a curve key has the text forms of nkeys", () => {
  const key = createCurveKey();
  const theirs = nkeys.fromCurveSeed(new TextEncoder().encode(key.seedText()));
  assert.equal(theirs.getPublicKey(), key.publicKey);
  assert.equal(curveKeyFromSeed(key.seedText()).publicKey, key.publicKey);
  assert.match(key.publicKey, /^X[A-Z2-7]{55}$/);
});

test("a signing key has one curve key, for ever the same", () => {
  const key = keyFromSeed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
  const derived = deriveCurveKey(key);
  assert.equal(derived.publicKey, "XDTHCNHGJWH6KL7NK2NA2OGCEHPRI3BSECPJO4T5PLRO7PK64WFAA7ZV");
  assert.equal(deriveCurveKey(keyFromSeed(key.seedText())).seedText(), derived.seedText());
  assert.notEqual(deriveCurveKey(createKey("user")).publicKey, derived.publicKey);
});

test("two curve keys agree on one secret, and a third has another", () => {
  const [one, two, third] = [createCurveKey(), createCurveKey(), createCurveKey()];
  const secret = one.agree(two.publicKey);
  assert.equal(secret.length, 32);
  assert.deepEqual(secret, two.agree(one.publicKey));
  assert.notDeepEqual(secret, third.agree(one.publicKey));
});

test("a public key that shares no secret is refused", () => {
  // Small order: the all-zero point in nkeys' text form.
  const zero = `X${"A".repeat(52)}PQN`;
  const key = createCurveKey();
  refuses(MeshCode.InvalidArgument, ["shares no secret"], () => key.agree(zero));
  refuses(MeshCode.InvalidArgument, ["public key of a curve", "X"], () => key.agree(`${zero}A`));
  const user = createKey("user");
  refuses(MeshCode.InvalidArgument, ["beginning with X", user.publicKey], () =>
    key.agree(user.publicKey),
  );
  refuses(MeshCode.InvalidArgument, ["may be a seed"], () => key.agree(key.seedText()));
});

test("a seed of another kind is no curve key's", () => {
  refuses(MeshCode.InvalidArgument, ["deriveCurveKey", "user"], () =>
    curveKeyFromSeed(createKey("user").seedText()),
  );
  refuses(MeshCode.InvalidArgument, ["58 characters"], () => curveKeyFromSeed("SX"));
});

test("no printing of a curve key shows its seed", () => {
  const key = createCurveKey();
  for (const shown of [
    inspect(key, { showHidden: true, depth: 10 }),
    String(key),
    JSON.stringify(key),
  ]) {
    assert.ok(!shown.includes(key.seedText()));
    assert.ok(shown.includes(key.publicKey));
  }
});
