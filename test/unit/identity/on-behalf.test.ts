import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMeshError, MeshCode } from "../../../libs/errors/index.ts";
import {
  behalfLimits,
  createKey,
  handOn,
  OnBehalfCheck,
  type Signer,
  type Vouched,
  vouch,
} from "../../../libs/identity/index.ts";
import { behalfPurpose, bindingOf } from "../../../libs/identity/on-behalf.ts";
import { signStatement } from "../../../libs/identity/statement.ts";
import { refuses, rejects } from "./issuer.ts";
import { Parties } from "./parties.ts";

const denied = MeshCode.PermissionDenied;
const ann = { user: "ann@example.org", scopes: ["documents:read", "documents:edit"] };
const toEditor = { self: "editor", caller: "gateway" };
const toReviewer = { self: "reviewer", caller: "editor" };

async function world() {
  const parties = new Parties({
    gateway: { role: "role:gateway", vouches: true },
    editor: { skills: ["edit"] },
    reviewer: { skills: ["review"] },
  });
  const check = new OnBehalfCheck(parties);
  const [gateway, editor, reviewer] = await Promise.all(
    ["gateway", "editor", "reviewer"].map((name) => parties.signer(name)),
  );
  assert.ok(gateway && editor && reviewer);
  return { parties, check, gateway, editor, reviewer };
}

/** A block as no honest agent writes it. */
function forged(before: string, fields: Readonly<Record<string, unknown>>, signer: Signer): string {
  const now = Date.now();
  const usual = { user: ann.user, scopes: ann.scopes, expires: now + 60_000, issued: now, to: "" };
  const { user, scopes, expires, issued, to } = { ...usual, ...fields };
  const after = before === "" ? "" : bindingOf(before, before.split(",").length);
  const list = [fields["after"] ?? after, user, scopes, expires, issued, to] as string[];
  const block = `${signStatement(behalfPurpose, list, signer.key)}~${signer.jwt}`;
  return before === "" ? block : `${before},${block}`;
}

test("the first agent's token tells whom it speaks for, with which scopes, until when", async () => {
  const { check, gateway } = await world();
  const now = new Date();
  const token = vouch({ ...ann, ttlMs: 60_000 }, "editor", now, gateway);
  const vouched = await check.verify(token, toEditor, now);
  assert.equal(vouched.user, ann.user);
  assert.deepEqual(vouched.scopes, ann.scopes);
  assert.equal(vouched.expiresAt.getTime(), now.getTime() + 60_000);
});

test("a token is handed on whole, or with fewer scopes", async () => {
  const { check, gateway, editor } = await world();
  const now = new Date();
  const first = await check.verify(vouch(ann, "editor", now, gateway), toEditor, now);
  const whole = handOn(first, undefined, "reviewer", now, editor);
  assert.deepEqual((await check.verify(whole, toReviewer, now)).scopes, ann.scopes);
  const fewer = handOn(first, ["documents:read"], "reviewer", now, editor);
  const narrowed = await check.verify(fewer, toReviewer, now);
  assert.deepEqual(narrowed.scopes, ["documents:read"]);
  assert.equal(narrowed.user, ann.user);
});

test("widening is refused before anything is sent", async () => {
  const { check, gateway, editor } = await world();
  const now = new Date();
  const first = await check.verify(vouch(ann, "editor", now, gateway), toEditor, now);
  refuses(denied, ["can only be narrowed", "documents:delete"], () =>
    handOn(first, ["documents:delete"], "reviewer", now, editor),
  );
});

test("an agent that may not vouch is refused as the first", async () => {
  const { check, editor } = await world();
  const token = vouch(ann, "reviewer", new Date(), editor);
  await rejects(denied, ["editor may not speak for end users", "vouches: true"], () =>
    check.verify(token, toReviewer, new Date()),
  );
});

test("a token for another agent is refused", async () => {
  const { check, gateway } = await world();
  const token = vouch(ann, "reviewer", new Date(), gateway);
  await rejects(denied, ["it is for reviewer, not for editor"], () =>
    check.verify(token, toEditor, new Date()),
  );
});

test("a token that another than its last signer sends is refused", async () => {
  const { check, gateway } = await world();
  const token = vouch(ann, "editor", new Date(), gateway);
  await rejects(denied, ["gateway signed it, but reviewer sent it"], () =>
    check.verify(token, { self: "editor", caller: "reviewer" }, new Date()),
  );
});

test("a token that was handed on by another than whom it was given to is refused", async () => {
  const { check, gateway, reviewer } = await world();
  const first = vouch(ann, "editor", new Date(), gateway);
  const stolen = forged(first, { to: "editor" }, reviewer);
  await rejects(denied, ["handed to editor, but reviewer handed it on"], () =>
    check.verify(stolen, { self: "editor", caller: "reviewer" }, new Date()),
  );
});

const widened: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ["more scopes", { scopes: [...ann.scopes, "documents:delete"] }, "added the scope"],
  ["a longer life", { expires: Date.now() + 30 * 60_000 }, "made it last longer"],
  ["another user", { user: "bob@example.org" }, "made bob@example.org of ann@example.org"],
  ["a part of another token", { after: "A".repeat(43) }, "belongs to another token"],
  ["no binding", { after: "" }, "belongs to another token"],
];

for (const [what, fields, why] of widened) {
  test(`a token that was handed on with ${what} is refused`, async () => {
    const { check, gateway, editor } = await world();
    const first = vouch(ann, "editor", new Date(), gateway);
    const token = forged(first, { to: "reviewer", ...fields }, editor);
    await rejects(denied, [why], () => check.verify(token, toReviewer, new Date()));
  });
}

test("a token whose first part was cut off is refused", async () => {
  const { check, gateway, editor } = await world();
  const now = new Date();
  const first = await check.verify(vouch(ann, "editor", now, gateway), toEditor, now);
  const [, second = ""] = handOn(first, undefined, "reviewer", now, editor).split(",");
  await rejects(denied, ["may not speak for end users"], () =>
    check.verify(second, toReviewer, now),
  );
});

test("a token whose last part was cut off is of no use to another than its reader", async () => {
  const { check, gateway, editor } = await world();
  const now = new Date();
  const first = await check.verify(vouch(ann, "editor", now, gateway), toEditor, now);
  const [cut = ""] = handOn(first, [], "reviewer", now, editor).split(",");
  await rejects(denied, ["it is for editor, not for reviewer"], () =>
    check.verify(cut, toReviewer, now),
  );
});

test("a part that says it is another's is refused", async () => {
  const { check, gateway, editor } = await world();
  const token = forged("", { to: "reviewer" }, { jwt: gateway.jwt, key: editor.key });
  await rejects(denied, ["not signed by gateway"], () =>
    check.verify(token, { self: "reviewer", caller: "gateway" }, new Date()),
  );
});

test("a token that came through another workspace is refused", async () => {
  const { check, gateway } = await world();
  const token = vouch(ann, "editor", new Date(), gateway);
  const elsewhere = { ...toEditor, account: createKey("account").publicKey };
  await rejects(denied, ["signed by a user of account", "another workspace"], () =>
    check.verify(token, elsewhere, new Date()),
  );
});

test("a token ends with its time, and cannot be dated ahead", async () => {
  const { check, gateway } = await world();
  const now = new Date();
  const token = vouch({ ...ann, ttlMs: 1_000 }, "editor", now, gateway);
  await rejects(denied, ["it expired at"], () =>
    check.verify(token, toEditor, new Date(now.getTime() + 1_000)),
  );
  const ahead = vouch(ann, "editor", new Date(now.getTime() + 6 * 60_000), gateway);
  await rejects(denied, ["gateway dated it"], () => check.verify(ahead, toEditor, now));
});

test("a token with a longer life than an hour is refused, here and there", async () => {
  const { check, gateway } = await world();
  refuses(MeshCode.InvalidArgument, ["onBehalfOf.ttlMs", "3600000"], () =>
    vouch({ ...ann, ttlMs: 3_600_001 }, "editor", new Date(), gateway),
  );
  const token = forged("", { to: "editor", expires: Date.now() + 7_200_000 }, gateway);
  await rejects(denied, ["at most 3600000 are believed"], () =>
    check.verify(token, toEditor, new Date()),
  );
});

test("users and scopes are words, and not too many", async () => {
  const { gateway } = await world();
  const scopes = Array.from({ length: behalfLimits.scopes + 1 }, (_, at) => `scope-${at}`);
  const wrong = [
    { user: "ann b" },
    { user: "" },
    { scopes },
    { scopes: ["a", "a"] },
    { scopes: ["\n"] },
  ];
  for (const change of wrong) {
    refuses(MeshCode.InvalidArgument, ["onBehalfOf must be a user"], () =>
      vouch({ ...ann, ...change }, "editor", new Date(), gateway),
    );
  }
});

test("a token goes through eight agents and no more", async () => {
  const names = Array.from({ length: behalfLimits.hops + 1 }, (_, at) => `a${at}`);
  const parties = new Parties(Object.fromEntries(names.map((name) => [name, { vouches: true }])));
  const check = new OnBehalfCheck(parties);
  const now = new Date();
  let vouched: Vouched | undefined;
  for (const [at, caller] of names.slice(0, behalfLimits.hops).entries()) {
    const self = names[at + 1] ?? "last";
    const signer = await parties.signer(caller);
    const token =
      vouched === undefined
        ? vouch(ann, self, now, signer)
        : handOn(vouched, undefined, self, now, signer);
    vouched = await check.verify(token, { self, caller }, now);
  }
  const last = await parties.signer(names.at(-1) ?? "");
  assert.ok(vouched);
  const { token } = vouched;
  assert.ok(token.length < behalfLimits.characters, `${token.length} characters`);
  refuses(denied, ["9 agents"], () =>
    handOn({ ...ann, expiresAt: now, token }, [], "b", now, last),
  );
  await rejects(denied, ["more than 8 agents"], () =>
    check.verify(forged(token, { to: "b" }, last), { self: "b", caller: "a8" }, now),
  );
});

test("an agent that is revoked vouches no more, although its chain was opened before", async () => {
  const { check, gateway, parties } = await world();
  const now = new Date();
  for (let times = 0; times < 3; times++) {
    await check.verify(vouch(ann, "editor", now, gateway), toEditor, now);
  }
  parties.revoke(gateway, now);
  await rejects(denied, ["revoked"], () =>
    check.verify(vouch(ann, "editor", now, gateway), toEditor, new Date(now.getTime() + 1_000)),
  );
});

test("hostile tokens end in permission_denied", async () => {
  const { check, gateway } = await world();
  const good = vouch(ann, "editor", new Date(), gateway);
  const hostile = fc.oneof(
    fc.string(),
    fc.array(fc.string(), { maxLength: 12 }).map((parts) => parts.join(",")),
    fc.json().map((text) => `${Buffer.from(text).toString("base64url")}.${"A".repeat(86)}~x`),
    fc.nat(good.length - 1).map((at) => good.slice(0, at)),
    fc.nat(good.length - 1).map((at) => bend(good, at)),
    fc.constant(`${good},${good}`),
  );
  const property = fc.asyncProperty(hostile, async (token) => {
    await assert.rejects(check.verify(token, toEditor, new Date()), (error) =>
      isMeshError(error, denied),
    );
  });
  await fc.assert(property, { numRuns: 400 });
});

function bend(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
}
