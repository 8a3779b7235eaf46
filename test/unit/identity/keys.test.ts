import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { nkeys } from "@nats-io/transport-node";
import fc from "fast-check";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  createKey,
  type KeyKind,
  keyFromSeed,
  openPublicKey,
  verifySignature,
} from "../../../libs/identity/index.ts";
import { behaves, refuses } from "./issuer.ts";

const kinds: readonly KeyKind[] = ["operator", "account", "user"];
const text = (value: string) => new TextEncoder().encode(value);

test("a key has the text forms of nkeys, and nkeys reads its seed as the same key", () => {
  for (const kind of kinds) {
    const key = createKey(kind);
    const theirs = nkeys.fromSeed(text(key.seedText()));
    assert.equal(theirs.getPublicKey(), key.publicKey);
    assert.equal(key.publicKey[0], kind[0]?.toUpperCase());
    assert.equal(key.publicKey.length, 56);
    assert.equal(key.seedText().length, 58);
  }
});

test("a seed made by nkeys gives the key that nkeys has", () => {
  for (const theirs of [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]) {
    const key = keyFromSeed(new TextDecoder().decode(theirs.getSeed()));
    assert.equal(key.publicKey, theirs.getPublicKey());
    assert.equal(key.seedText(), new TextDecoder().decode(theirs.getSeed()));
  }
});

test("a known seed gives its known public key, for ever", () => {
  const key = keyFromSeed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
  assert.equal(key.kind, "user");
  assert.equal(key.publicKey, "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
});

test("what a key signs, nkeys verifies, and the other way round", () => {
  const key = createKey("user");
  const theirs = nkeys.fromSeed(text(key.seedText()));
  const bytes = text("to be signed");
  assert.deepEqual([...key.sign(bytes)], [...theirs.sign(bytes)]);
  assert.ok(theirs.verify(bytes, key.sign(bytes)));
  assert.ok(verifySignature(key.publicKey, bytes, theirs.sign(bytes)));
});

test("a signature is refused for other bytes, another key, another length", () => {
  const key = createKey("user");
  const bytes = text("to be signed");
  const signature = key.sign(bytes);
  assert.ok(verifySignature(key.publicKey, bytes, signature));
  assert.ok(!verifySignature(key.publicKey, text("to be signee"), signature));
  assert.ok(!verifySignature(createKey("user").publicKey, bytes, signature));
  assert.ok(!verifySignature(key.publicKey, bytes, signature.subarray(0, 63)));
  assert.ok(!verifySignature(key.publicKey, bytes, new Uint8Array([...signature, 0])));
  assert.ok(!verifySignature(key.publicKey, bytes, new Uint8Array(64)));
});

test("no printing of a key shows its seed", () => {
  const key = createKey("user");
  const deep = inspect(key, { showHidden: true, depth: 10, getters: true });
  const spread = inspect({ ...key });
  for (const shown of [deep, spread, `${key}`, String(key), JSON.stringify({ key })]) {
    assert.ok(!shown.includes(key.seedText()), shown);
    assert.ok(!shown.includes(key.seedText().slice(2, 20)), shown);
    assert.ok(shown.includes(key.publicKey), shown);
  }
  const fields = Object.getOwnPropertyNames(key).sort();
  assert.deepEqual(fields, ["kind", "publicKey"]);
});

test("a seed with a typing error is refused in words that do not repeat it", () => {
  const seed = createKey("user").seedText();
  const swapped = seed.endsWith("A") ? "B" : "A";
  for (const wrong of [
    `${seed.slice(0, -1)}${swapped}`,
    `${seed.slice(0, 20)}${seed[20] === "Q" ? "R" : "Q"}${seed.slice(21)}`,
    seed.slice(1),
    seed.toLowerCase(),
    `${seed} `,
    `${seed}\n`,
    "",
  ]) {
    refuses(MeshCode.InvalidArgument, ["58 characters", "checksum"], () => keyFromSeed(wrong));
    try {
      keyFromSeed(wrong);
    } catch (error) {
      assert.ok(!inspect(error).includes(seed.slice(3, 18)));
    }
  }
});

test("a seed of a curve key cannot become a signing key", () => {
  const seed = new TextDecoder().decode(nkeys.createCurve().getSeed());
  refuses(MeshCode.InvalidArgument, ["SX", "SO, SA, SU"], () => keyFromSeed(seed));
});

test("only a public key that signs can be opened", () => {
  const key = createKey("account");
  assert.equal(openPublicKey(key.publicKey)?.kind, "account");
  const last = key.publicKey.endsWith("A") ? "B" : "A";
  for (const none of [
    "",
    key.seedText(),
    key.publicKey.slice(1),
    `${key.publicKey.slice(0, -1)}${last}`,
    `U${key.publicKey.slice(1)}`,
    nkeys.createServer().getPublicKey(),
    nkeys.createCurve().getPublicKey(),
  ]) {
    assert.equal(openPublicKey(none), undefined, none);
  }
});

test("hostile texts are no keys and no signatures, and nothing but MeshErrors comes of them", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.stringMatching(/^[A-Z2-7]{56,58}$/),
    fc.stringMatching(/^S[A-Z2-7]{57}$/),
    fc.anything().map((value) => value as string),
  );
  const bytes = fc.uint8Array({ maxLength: 70 });
  fc.assert(
    fc.property(hostile, bytes, bytes, (word, message, signature) => {
      assert.equal(verifySignature(word, message, signature), false);
      return behaves(() => keyFromSeed(word)) && openPublicKey(word) === undefined;
    }),
    { numRuns: 500 },
  );
});
