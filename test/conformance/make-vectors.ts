import { writeFileSync } from "node:fs";
import { Metadata } from "@myelin/subjects";
import {
  createCurveKey,
  createKey,
  type Envelope,
  handOn,
  issueAccount,
  issueUser,
  type Letter,
  type Scope,
  Seals,
  type Signer,
  signCard,
  signEnvelope,
  signEnvelopes,
  vouch,
} from "../../libs/identity/index.ts";
import { signedHeaders } from "../../libs/wire/index.ts";

const operator = createKey("operator");
const account = createKey("account");
const scopeKeys = { gateway: createKey("account"), editor: createKey("account") };

function scope(name: keyof typeof scopeKeys, role: string, vouches: boolean): Scope {
  const permissions = { publish: ["_INBOX.>"], subscribe: ["_INBOX.>"] };
  return { key: scopeKeys[name].publicKey, role, skills: ["edit"], vouches, permissions };
}

async function signerOf(name: keyof typeof scopeKeys): Promise<Signer> {
  const key = createKey("user");
  const options = { name, user: key.publicKey, account: account.publicKey };
  return { key, jwt: await issueUser({ ...options, signer: scopeKeys[name] }) };
}

const editor = await signerOf("editor");
const gateway = await signerOf("gateway");
const revoked = await signerOf("editor");
const now = new Date();
const later = new Date(now.getTime() + 600_000);
const accountJwt = await issueAccount({
  name: "desk",
  account: account.publicKey,
  signer: operator,
  scopes: [scope("editor", "agent:editor", false), scope("gateway", "role:gateway", true)],
  exports: [],
  imports: [],
  jetstream: false,
  revocations: { [revoked.key.publicKey]: now },
});

const letter: Letter = {
  kind: "task",
  target: "summarizer",
  subject: "mesh.task.summarizer.condense.normal.editor",
  id: "task-1",
  issuedAt: now,
  expiresAt: later,
  contentType: "application/json",
  body: Buffer.from('{"text":"Grüße, 世界"}'),
};

function inHeaders(signed: Envelope): Envelope {
  const [[, envelope], [, signer]] = signedHeaders(signed);
  return { envelope, signer };
}

function message(signer: Signer, change: Readonly<Record<string, unknown>> = {}, signed = letter) {
  return {
    ...inHeaders(signEnvelope(signed, signer)),
    subject: letter.subject,
    id: letter.id,
    contentType: letter.contentType,
    body: Buffer.from(letter.body).toString("base64url"),
    storedAt: now.toISOString(),
    expected: { kind: "task", target: "summarizer", speaker: "editor" },
    ...change,
  };
}

const trio = ["task-1", "task-2", "task-3"].map((id): Letter => ({ ...letter, id }));
const together = signEnvelopes(trio, editor).map((signed, at) =>
  message(editor, { ...inHeaders(signed), id: trio[at]?.id }),
);
// Readers take a message also when its headers are as they are.
const withN = message(editor, { ...signEnvelope(letter, editor) });
const [body, signature] = together[0]?.envelope.split(".") ?? [];
const otherWay = [body, signature, together[1]?.envelope.split(".")[2]].join(".");

const card = {
  type: "io.nats.micro.v1.info_response",
  name: "editor",
  id: "e1",
  version: "1.0.0",
  description: "Edits “texts”",
  metadata: { [Metadata.wire]: "1" },
  endpoints: [
    { name: "edit", subject: "mesh.call.editor.edit.any.*", queue_group: "editor", metadata: {} },
  ],
};
const metadata = { ...card.metadata, ...signCard(card, now, editor) };
const ann = { user: "ann@example.org", scopes: ["documents:read", "documents:edit"] };
const first = vouch({ ...ann, ttlMs: 600_000 }, "editor", now, gateway);
const vouched = { ...ann, expiresAt: later, token: first };
const second = handOn(vouched, ["documents:read"], "reviewer", now, editor);
const keys = { sender: createCurveKey(), reader: createCurveKey() };
const plain = Buffer.from("what nobody else may read");

const vectors = {
  operatorKeys: [operator.publicKey],
  account: account.publicKey,
  accountJwt,
  envelopes: {
    accepted: [message(editor), ...together, withN],
    refused: [
      { why: "subject", ...message(editor, { subject: "mesh.task.other.condense.normal.editor" }) },
      { why: "target", ...message(editor, {}, { ...letter, target: "reviewer" }) },
      { why: "kind", ...message(editor, {}, { ...letter, kind: "event" }) },
      { why: "id", ...message(editor, { id: "task-2" }) },
      { why: "body", ...message(editor, { body: Buffer.from("other").toString("base64url") }) },
      { why: "expired", ...message(editor, { storedAt: later.toISOString() }) },
      { why: "revoked", ...message(revoked) },
      { why: "speaks for", ...message(gateway) },
      { why: "signature", ...message({ jwt: editor.jwt, key: gateway.key }) },
      { why: "signature", ...message(editor, { envelope: otherWay }) },
    ],
  },
  tokens: {
    at: now.toISOString(),
    accepted: [
      { token: first, self: "editor", caller: "gateway", ...ann },
      {
        token: second,
        self: "reviewer",
        caller: "editor",
        user: ann.user,
        scopes: ["documents:read"],
      },
    ],
    refused: [
      { why: "it is for", token: first, self: "reviewer", caller: "gateway" },
      { why: "sent it", token: first, self: "editor", caller: "reviewer" },
      {
        why: "speak for end users",
        token: second.split(",")[1],
        self: "reviewer",
        caller: "editor",
      },
    ],
  },
  cards: {
    at: now.toISOString(),
    accepted: [{ ...card, metadata }],
    refused: [{ why: "changed", card: { ...card, metadata, version: "2.0.0" } }],
  },
  sealed: {
    senderSeed: keys.sender.seedText(),
    sender: keys.sender.publicKey,
    readerSeed: keys.reader.seedText(),
    reader: keys.reader.publicKey,
    plain: plain.toString("base64url"),
    sealed: Buffer.from(new Seals(keys.sender).seal(keys.reader.publicKey, plain)).toString(
      "base64url",
    ),
  },
};

const file = new URL("./vectors/identity.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(vectors, null, 2)}\n`);
