import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nkeys } from "@nats-io/transport-node";
import { MeshCode } from "../../libs/errors/index.ts";
import {
  CardCheck,
  curveKeyFromSeed,
  EnvelopeCheck,
  type Expected,
  OnBehalfCheck,
  Seals,
  type Trust,
} from "../../libs/identity/index.ts";
import { readSigned } from "../../libs/wire/index.ts";
import { rejects } from "../unit/identity/issuer.ts";

const file = new URL("./vectors/identity.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8"));
const trust: Trust = {
  operatorKeys: vectors.operatorKeys,
  accountJwt: async (account) => (account === vectors.account ? vectors.accountJwt : undefined),
};

interface MessageVector {
  readonly envelope: string;
  readonly signer: string;
  readonly subject: string;
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
  readonly storedAt: string;
  readonly expected: Expected;
}

test("the library takes each message of the vectors that is good, and refuses each that is not", async () => {
  const check = new EnvelopeCheck(trust);
  for (const vector of vectors.envelopes.accepted) {
    const author = await check.verify(storedOf(vector), {
      ...vector.expected,
      account: vectors.account,
    });
    assert.equal(author.name, vector.expected.speaker);
  }
  for (const vector of vectors.envelopes.refused) {
    await rejects(MeshCode.PermissionDenied, [vector.why], () =>
      check.verify(storedOf(vector), { ...vector.expected, account: vectors.account }),
    );
  }
});

test("the library takes each token and card of the vectors that is good, and refuses each that is not", async () => {
  const tokens = new OnBehalfCheck(trust);
  const at = new Date(vectors.tokens.at);
  for (const { token, user, scopes, ...between } of vectors.tokens.accepted) {
    const vouched = await tokens.verify(token, between, at);
    assert.deepEqual([vouched.user, vouched.scopes], [user, scopes]);
  }
  for (const { why, token, ...between } of vectors.tokens.refused) {
    await rejects(MeshCode.PermissionDenied, [why], () => tokens.verify(token, between, at));
  }
  const cards = new CardCheck(trust);
  for (const card of vectors.cards.accepted) {
    assert.equal((await cards.verify(card, at)).is, "verified");
  }
  for (const { why, card } of vectors.cards.refused) {
    const verdict = await cards.verify(card, at);
    assert.ok(verdict.is === "refused" && verdict.why.includes(why));
  }
});

test("the sealed payload of the vectors is opened by the library, and by nkeys", () => {
  const { readerSeed, sender, sealed, plain } = vectors.sealed;
  const bytes = Buffer.from(sealed, "base64url");
  const ours = new Seals(curveKeyFromSeed(readerSeed)).open(sender, bytes);
  const theirs = nkeys.fromCurveSeed(new TextEncoder().encode(readerSeed)).open(bytes, sender);
  assert.equal(Buffer.from(ours).toString("base64url"), plain);
  assert.equal(Buffer.from(theirs ?? []).toString("base64url"), plain);
});

// From here on nothing of the library: what the README beside the vectors says is enough to check them.

test("the good message of the vectors is verified with nothing but Ed25519 and SHA-256", () => {
  const vector: MessageVector = vectors.envelopes.accepted[0];
  const user = checkedJwt(plain(vector.signer));
  const account = checkedJwt(vectors.accountJwt);
  assert.ok(vectors.operatorKeys.includes(account.iss));
  assert.equal(user.nats.issuer_account, account.sub);
  const scope = account.nats.signing_keys.find(({ key }: { key: string }) => key === user.iss);
  assert.equal(scope.role, `agent:${vector.expected.speaker}`);
  assert.equal(user.name, vector.expected.speaker);
  assert.deepEqual(fieldsOf(plain(vector.envelope), "mesh.envelope.1", user.sub), [
    vector.expected.kind,
    vector.expected.target,
    vector.subject,
    vector.id,
    Date.parse(vector.storedAt),
    Date.parse(vector.storedAt) + 600_000,
    vector.contentType,
    sha256(Buffer.from(vector.body, "base64url")),
  ]);
});

test("messages that were signed together are verified with nothing but Ed25519 and SHA-256", () => {
  const together: readonly MessageVector[] = vectors.envelopes.accepted.slice(1, 4);
  assert.deepEqual(
    together.map(({ id }) => id),
    ["task-1", "task-2", "task-3"],
  );
  for (const { envelope, signer } of together) {
    const [fields = "", signature = "", way = ""] = plain(envelope).split(".");
    const signed = [Buffer.of(0, 0xff), "mesh.envelope.1\0", Buffer.from(fields, "base64url")];
    let node = hash(...signed);
    const steps = Buffer.from(way, "base64url");
    for (let at = 0; at < steps.length; at += 33) {
      const sibling = steps.subarray(at + 1, at + 33);
      node = steps[at] === 1 ? hash("\x01", node, sibling) : hash("\x01", sibling, node);
    }
    const root = Buffer.concat([Buffer.of(0xff), Buffer.from("mesh.batch.1\0"), node]);
    const key = keyOf(checkedJwt(plain(signer)).sub);
    assert.ok(verify(null, root, key, Buffer.from(signature, "base64url")));
  }
});

function hash(...parts: readonly (Buffer | string)[]): Buffer {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest();
}

test("the good token of the vectors is verified with nothing but Ed25519 and SHA-256", () => {
  const { token, self, user, scopes } = vectors.tokens.accepted[1];
  const [first, second] = token.split(",");
  const [firstStatement, firstJwt] = first.split("~");
  const [secondStatement, secondJwt] = second.split("~");
  const one = fieldsOf(firstStatement, "mesh.behalf.1", checkedJwt(firstJwt).sub);
  const two = fieldsOf(secondStatement, "mesh.behalf.1", checkedJwt(secondJwt).sub);
  assert.deepEqual([one[0], one[5]], ["", checkedJwt(secondJwt).name]);
  assert.deepEqual(
    [two[0], two[1], two[2], two[5]],
    [sha256(Buffer.from(first)), user, scopes, self],
  );
});

test("the good card of the vectors is verified with nothing but Ed25519 and SHA-256", () => {
  const [card] = vectors.cards.accepted;
  const { "mesh.card": statement, "mesh.signer": jwt, ...metadata } = card.metadata;
  const [name, instance, , digest] = fieldsOf(statement, "mesh.card.1", checkedJwt(jwt).sub);
  assert.deepEqual([name, instance], [card.name, card.id]);
  assert.equal(digest, sha256(Buffer.from(sorted({ ...card, metadata }))));
});

test("the messages with a bad signature or body are seen with nothing but Ed25519 and SHA-256", () => {
  const bad = vectors.envelopes.refused as (MessageVector & { why: string })[];
  const signature = bad.find(({ why }) => why === "signature");
  const body = bad.find(({ why }) => why === "body");
  assert.ok(signature && body);
  const fields = ({ envelope, signer }: MessageVector) =>
    fieldsOf(plain(envelope), "mesh.envelope.1", checkedJwt(plain(signer)).sub);
  assert.throws(() => fields(signature));
  const digest = fields(body)[7];
  assert.notEqual(digest, sha256(Buffer.from(body.body, "base64url")));
});

/** What the two headers of a message say. */
function plain(header: string): string {
  return header.replaceAll("~", "N");
}

function storedOf({ body, storedAt, envelope, signer, ...vector }: MessageVector) {
  const head = `NATS/1.0\r\nMesh-Envelope: ${envelope}\r\nMesh-Signer: ${signer}\r\n\r\n`;
  const signed = readSigned(head);
  assert.ok(signed);
  const bytes = Buffer.from(body, "base64url");
  return { ...vector, ...signed, body: bytes, storedAt: new Date(storedAt), place: "vectors:1" };
}

function fieldsOf(statement: string, purpose: string, publicKey: string): unknown[] {
  const [body = "", signature = ""] = statement.split(".");
  const bytes = Buffer.from(body, "base64url");
  const signed = Buffer.concat([Buffer.of(0xff), Buffer.from(`${purpose}\0`), bytes]);
  const holds = verify(null, signed, keyOf(publicKey), Buffer.from(signature, "base64url"));
  assert.equal(holds, true, "the signature does not hold");
  return JSON.parse(bytes.toString("utf8"));
}

// biome-ignore lint/suspicious/noExplicitAny: the claims of a JWT, whose shape the assertions state
function checkedJwt(jwt: string): any {
  const [head = "", body = "", signature = ""] = jwt.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
  const signed = Buffer.from(`${head}.${body}`);
  const holds = verify(null, signed, keyOf(claims.iss), Buffer.from(signature, "base64url"));
  assert.equal(holds, true, "the JWT's signature does not hold");
  return claims;
}

/** nkeys' text form: base32 of a prefix byte, 32 bytes of key, and two of checksum. */
function keyOf(publicKey: string) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...publicKey].map((one) => alphabet.indexOf(one).toString(2).padStart(5, "0"));
  const bytes =
    bits
      .join("")
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  const spki = Buffer.from([
    ...Buffer.from("302a300506032b6570032100", "hex"),
    ...bytes.slice(1, 33),
  ]);
  return createPublicKey({ key: spki, format: "der", type: "spki" });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

function sorted(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${sorted(one)}`).join(",")}}`;
}
