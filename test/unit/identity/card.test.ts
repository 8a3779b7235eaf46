import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata } from "@myelin/subjects";
import fc from "fast-check";
import {
  CardCheck,
  type CardDocument,
  type CardFault,
  createKey,
  type Signer,
  signCard,
} from "../../../libs/identity/index.ts";
import { Parties } from "./parties.ts";

function document(name: string, skills: readonly string[], id = "i1"): CardDocument {
  return {
    type: "io.nats.micro.v1.info_response",
    ...{ name, id, version: "1.0.0", description: "" },
    metadata: { [Metadata.wire]: "1", [Metadata.sealingKey]: "XKEY" },
    endpoints: skills.map((skill) => ({
      name: skill,
      subject: `mesh.call.${name}.${skill}.any.*`,
      queue_group: name,
      metadata: { [Metadata.input]: "{}" },
    })),
  };
}

function signed(card: CardDocument, signer: Signer): CardDocument {
  const metadata = card["metadata"] as Record<string, string>;
  return { ...card, metadata: { ...metadata, ...signCard(card, new Date(), signer) } };
}

async function world() {
  const parties = new Parties({
    summarizer: { skills: ["condense", "shorten"] },
    editor: { skills: ["edit"] },
    many: { skills: ["*"] },
    ops: { role: "role:operator" },
    visitor: { role: "guest" },
  });
  return { parties, check: new CardCheck(parties), agent: await parties.signer("summarizer") };
}

async function fault(card: CardDocument, check: CardCheck, words: readonly string[] = []) {
  const verdict = await check.verify(card, new Date());
  assert.equal(verdict.is, "refused");
  for (const word of words) assert.ok(verdict.why.includes(word), `"${verdict.why}" lacks ${word}`);
  return verdict.fault satisfies CardFault;
}

test("a card that its agent signed is verified, and tells its sealing key", async () => {
  const { check, agent } = await world();
  const verdict = await check.verify(
    signed(document("summarizer", ["condense"]), agent),
    new Date(),
  );
  assert.deepEqual(verdict, {
    is: "verified",
    name: "summarizer",
    instance: "i1",
    role: "agent:summarizer",
    sealingKey: "XKEY",
  });
});

test("the order of a card's keys does not matter", async () => {
  const { check, agent } = await world();
  const card = signed(document("summarizer", ["condense"]), agent);
  const turned = Object.fromEntries(Object.entries(card).reverse());
  assert.equal((await check.verify(turned, new Date())).is, "verified");
});

test("a card that nobody signed is refused as unsigned", async () => {
  const { check } = await world();
  assert.equal(await fault(document("summarizer", ["condense"]), check), "card_unsigned");
});

test("a card of another agent's name is refused", async () => {
  const { check, agent } = await world();
  const card = signed(document("editor", ["edit"]), agent);
  assert.equal(await fault(card, check, ["editor", "summarizer"]), "card_name");
});

test("a card with a skill that the issuer did not attest is refused", async () => {
  const { check, agent } = await world();
  const card = signed(document("summarizer", ["condense", "translate"]), agent);
  const words = ['offers "translate"', "attests condense, shorten"];
  assert.equal(await fault(card, check, words), "card_skills");
});

test("a card whose skill stands at another's subject is refused", async () => {
  const { check, agent } = await world();
  const card = document("summarizer", ["condense"]);
  const [endpoint] = card["endpoints"] as Record<string, unknown>[];
  const endpoints = [{ ...endpoint, subject: "mesh.call.editor.edit.any.*" }];
  assert.equal(await fault(signed({ ...card, endpoints }, agent), check), "card_skills");
});

test("an attested star is every skill, and so is a guest's credential", async () => {
  const { check, parties } = await world();
  const many = signed(document("many", ["anything"]), await parties.signer("many"));
  assert.equal((await check.verify(many, new Date())).is, "verified");
  const guest = signed(document("someone", ["try"]), await parties.signer("visitor", "someone"));
  assert.equal((await check.verify(guest, new Date())).is, "verified");
});

test("people and services of a role offer nothing", async () => {
  const { check, parties } = await world();
  const card = signed(document("ops", []), await parties.signer("ops"));
  assert.equal(await fault(card, check, ["role:operator"]), "card_name");
});

const changes: readonly (readonly [string, CardDocument])[] = [
  ["description", { description: "the best" }],
  ["version", { version: "9.9.9" }],
  ["instance", { id: "i2" }],
  ["schema", { endpoints: [] }],
];

for (const [what, change] of changes) {
  test(`a card whose ${what} was changed after it was signed is refused`, async () => {
    const { check, agent } = await world();
    const card = { ...signed(document("summarizer", ["condense"]), agent), ...change };
    assert.equal(await fault(card, check, ["changed"]), "card_signature");
  });
}

test("a card signed by another key than its JWT names is refused", async () => {
  const { check, agent } = await world();
  const thief = { jwt: agent.jwt, key: createKey("user") };
  const card = signed(document("summarizer", ["condense"]), thief);
  assert.equal(await fault(card, check), "card_signature");
});

test("a card of a signer that cannot be verified says why", async () => {
  const { check, agent, parties } = await world();
  const stranger = await new Parties({ summarizer: {} }).signer("summarizer");
  const card = document("summarizer", ["condense"]);
  assert.equal(await fault(signed(card, stranger), check, ["not known here"]), "card_signer");
  parties.revoke(agent, new Date());
  assert.equal(await fault(signed(card, agent), check, ["revoked"]), "card_signer");
});

test("a card of another workspace is refused, and none is judged while our own account is unknown", async () => {
  const { check, agent, parties } = await world();
  const card = signed(document("summarizer", ["condense"]), agent);
  assert.equal((await check.verify(card, new Date(), parties.account)).is, "verified");
  const unknown = await check.verify(card, new Date(), createKey("account").publicKey);
  assert.equal(unknown.is, "unknown");
});

test("whatever is in a card, its check gives a verdict", async () => {
  const { check, agent } = await world();
  const good = signed(document("summarizer", ["condense"]), agent);
  const wild = fc.oneof(
    fc.object({ maxDepth: 3 }),
    fc.jsonValue().map((endpoints) => ({ ...good, endpoints })),
    fc.jsonValue().map((metadata) => ({ ...good, metadata })),
    fc.jsonValue().map((name) => ({ ...good, name })),
    fc.jsonValue().map((card) => ({
      ...good,
      metadata: { [Metadata.card]: card, [Metadata.signer]: agent.jwt },
    })),
  );
  const property = fc.asyncProperty(wild, async (card) => {
    assert.equal((await check.verify(card as CardDocument, new Date())).is, "refused");
  });
  await fc.assert(property, { numRuns: 300 });
});

test("a card nested without end is refused like any other", async () => {
  const { check, agent } = await world();
  const deep: unknown = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
  const card = { ...signed(document("summarizer", ["condense"]), agent), endpoints: deep };
  assert.equal(await fault(card, check), "card_signature");
});
