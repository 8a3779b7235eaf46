import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMeshError, MeshCode } from "../../../libs/errors/index.ts";
import {
  createKey,
  EnvelopeCheck,
  type Expected,
  type Letter,
  type Signer,
  type Stored,
  signEnvelope,
} from "../../../libs/identity/index.ts";
import { rejects } from "./issuer.ts";
import { Parties } from "./parties.ts";

const minuteMs = 60_000;
const subject = "mesh.task.summarizer.condense.normal.editor";

function letter(change: Partial<Letter> = {}): Letter {
  const issuedAt = new Date();
  return {
    kind: "task",
    target: "summarizer",
    subject,
    id: "task-1",
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + minuteMs),
    contentType: "application/json",
    body: Buffer.from('{"text":"long"}'),
    ...change,
  };
}

function stored(signed: Letter, signer: Signer, change: Partial<Stored> = {}): Stored {
  return {
    ...signEnvelope(signed, signer),
    subject: signed.subject,
    id: signed.id,
    contentType: signed.contentType,
    body: signed.body,
    storedAt: new Date(),
    place: "MESH_TASKS:1",
    ...change,
  };
}

function expectedOf({ account }: Parties): Expected {
  return { kind: "task", target: "summarizer", speaker: "editor", account };
}

async function world(mostSeen?: number) {
  const parties = new Parties({ editor: {}, summarizer: { skills: ["condense"] } });
  const check = new EnvelopeCheck(parties, mostSeen);
  const editor = await parties.signer("editor");
  return { parties, check, editor, expected: expectedOf(parties) };
}

const denied = MeshCode.PermissionDenied;

test("a signed message says who wrote it, and in which workspace", async () => {
  const { check, editor, parties, expected } = await world();
  const author = await check.verify(stored(letter(), editor), expected);
  assert.equal(author.name, "editor");
  assert.equal(author.role, "agent:editor");
  assert.equal(author.workspace, "desk");
  assert.equal(author.account, parties.account);
});

test("a message that was signed for another subject is refused", async () => {
  const { check, editor, expected } = await world();
  const other = "mesh.task.summarizer.condense.high.editor";
  const moved = stored(letter(), editor, { subject: other });
  await rejects(denied, ["signed for the subject", subject, other], () =>
    check.verify(moved, expected),
  );
});

test("a message that was signed for another target is refused", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter({ target: "reviewer" }), editor);
  await rejects(denied, ["signed for the target", "reviewer", "summarizer"], () =>
    check.verify(message, expected),
  );
});

test("a message that was signed as another kind is refused", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter({ kind: "event" }), editor);
  await rejects(denied, ["signed for the kind", "event", "task"], () =>
    check.verify(message, expected),
  );
});

test("a message that bears another id is refused", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter(), editor, { id: "task-2" });
  await rejects(denied, ["signed for the id", "task-1", "task-2"], () =>
    check.verify(message, expected),
  );
});

test("a message that is said to be of another content type is refused", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter(), editor, { contentType: "application/protobuf" });
  await rejects(denied, ["content type", "application/protobuf"], () =>
    check.verify(message, expected),
  );
});

test("a message whose body was changed is refused", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter(), editor, { body: Buffer.from('{"text":"other"}') });
  await rejects(denied, ["its body of 16 bytes was changed"], () =>
    check.verify(message, expected),
  );
});

test("a message that expired before it was stored is refused, one that expires after is not", async () => {
  const { check, editor, expected } = await world();
  const signed = letter();
  const late = new Date(signed.expiresAt.getTime() + 1);
  await rejects(denied, ["it expired at"], () =>
    check.verify(stored(signed, editor, { storedAt: late }), expected),
  );
  const inTime = stored(letter({ id: "task-2" }), editor);
  assert.equal((await check.verify(inTime, expected)).name, "editor");
});

test("a message that is dated after it was stored is refused, within five minutes it passes", async () => {
  const { check, editor, expected } = await world();
  const at = (ms: number) => ({
    issuedAt: new Date(Date.now() + ms),
    expiresAt: new Date(Date.now() + ms + minuteMs),
  });
  const early = stored(letter(at(6 * minuteMs)), editor);
  await rejects(denied, ["it is dated", "after it was stored"], () =>
    check.verify(early, expected),
  );
  const skewed = stored(letter(at(4 * minuteMs)), editor);
  assert.equal((await check.verify(skewed, expected)).name, "editor");
});

test("a signer that was revoked before the message was stored is refused, revoked after it is not", async () => {
  const { check, parties, editor, expected } = await world();
  const revokedAt = new Date(Date.now() + minuteMs);
  parties.revoke(editor, revokedAt);
  const before = stored(letter(), editor);
  assert.equal((await check.verify(before, expected)).name, "editor");
  const after = stored(
    letter({ id: "task-2", expiresAt: new Date(revokedAt.getTime() + 10 * minuteMs) }),
    editor,
    { storedAt: new Date(revokedAt.getTime() + minuteMs) },
  );
  await rejects(denied, ["revoked"], () => check.verify(after, expected));
});

test("a revocation is heeded although the signer's chain was opened before it", async () => {
  const { check, parties, editor, expected } = await world();
  await check.verify(stored(letter(), editor), expected);
  parties.revoke(editor, new Date());
  const next = stored(letter({ id: "task-2" }), editor, { storedAt: new Date(Date.now() + 1_000) });
  await rejects(denied, ["revoked"], () => check.verify(next, expected));
});

test("a signer whose credentials had expired when the message was stored is refused", async () => {
  const { check, parties, expected } = await world();
  const editor = await parties.signer("editor", "editor", new Date(Date.now() + minuteMs));
  const storedAt = new Date(Date.now() + 10 * minuteMs);
  const signed = letter({ expiresAt: new Date(storedAt.getTime() + minuteMs) });
  await rejects(denied, ["expired"], () =>
    check.verify(stored(signed, editor, { storedAt }), expected),
  );
});

test("a message signed by somebody else than its subject's speaker is refused", async () => {
  const { check, parties, expected } = await world();
  const summarizer = await parties.signer("summarizer");
  await rejects(denied, ["summarizer signed it", "its subject speaks for editor"], () =>
    check.verify(stored(letter(), summarizer), expected),
  );
});

test("a signature made with another key than the one its JWT names is refused", async () => {
  const { check, editor, expected } = await world();
  const thief: Signer = { jwt: editor.jwt, key: createKey("user") };
  await rejects(denied, ["not that of editor"], () =>
    check.verify(stored(letter(), thief), expected),
  );
});

test("a signer of an account that no trusted operator signed is refused", async () => {
  const { parties, editor, expected } = await world();
  parties.operatorKeys = [createKey("operator").publicKey];
  const check = new EnvelopeCheck(parties);
  await rejects(denied, ["no key of an operator trusted here"], () =>
    check.verify(stored(letter(), editor), expected),
  );
});

test("a signer of an account that nobody knows is refused", async () => {
  const { check, expected } = await world();
  const parties = new Parties({ editor: {} });
  const stranger = await parties.signer("editor");
  const theirs = { ...expected, account: parties.account };
  await rejects(denied, ["is not known here"], () =>
    check.verify(stored(letter(), stranger), theirs),
  );
});

test("a user of the same name in another workspace is refused", async () => {
  const { check, editor, expected } = await world();
  const elsewhere = { ...expected, account: createKey("account").publicKey };
  await rejects(denied, ["signed by a user of account", "another workspace"], () =>
    check.verify(stored(letter(), editor), elsewhere),
  );
});

test("a message is taken once: from another place it is refused, its redelivery is not", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter(), editor);
  await check.verify(message, expected);
  assert.equal((await check.verify(message, expected)).name, "editor");
  await rejects(denied, ["seen already, at MESH_TASKS:1", "MESH_TASKS:9"], () =>
    check.verify({ ...message, place: "MESH_TASKS:9" }, expected),
  );
});

test("a refused message is not remembered, so that it cannot keep the true one out", async () => {
  const { check, editor, expected } = await world();
  const message = stored(letter(), editor);
  const bent = { ...message, body: Buffer.from("x"), place: "MESH_TASKS:1" };
  await assert.rejects(check.verify(bent, expected));
  const author = await check.verify({ ...message, place: "MESH_TASKS:2" }, expected);
  assert.equal(author.name, "editor");
});

test("what was seen is remembered up to a bound", async () => {
  const { check, editor, expected } = await world(2);
  const first = stored(letter(), editor);
  await check.verify(first, expected);
  for (const id of ["task-2", "task-3"]) {
    await check.verify(stored(letter({ id }), editor, { place: id }), expected);
  }
  const again = await check.verify({ ...first, place: "MESH_TASKS:9" }, expected);
  assert.equal(again.name, "editor");
});

test("a letter that could not be read back is not signed", async () => {
  const { editor } = await world();
  const wrong = letter({ subject: "x".repeat(2_000) });
  assert.throws(
    () => signEnvelope(wrong, editor),
    (error) => isMeshError(error, MeshCode.InvalidArgument),
  );
  const timeless = letter({ expiresAt: new Date(Number.NaN) });
  assert.throws(
    () => signEnvelope(timeless, editor),
    (error) => isMeshError(error, MeshCode.InvalidArgument),
  );
});

test("hostile envelopes and signers end in permission_denied", async () => {
  const { check, editor, expected } = await world();
  const good = stored(letter(), editor);
  const hostile = fc.oneof(
    fc.string(),
    fc.base64String().map((text) => `${text}.${"A".repeat(86)}`),
    fc.json().map((text) => `${Buffer.from(text).toString("base64url")}.${"A".repeat(86)}`),
    fc.nat(good.envelope.length - 1).map((at) => good.envelope.slice(0, at)),
    fc.nat(good.envelope.length - 1).map((at) => bend(good.envelope, at)),
  );
  const property = fc.asyncProperty(hostile, hostile, fc.boolean(), async (one, other, keep) => {
    const signer = keep ? good.signer : other;
    await assert.rejects(check.verify({ ...good, envelope: one, signer }, expected), (error) =>
      isMeshError(error, denied),
    );
  });
  await fc.assert(property, { numRuns: 300 });
});

function bend(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
}
