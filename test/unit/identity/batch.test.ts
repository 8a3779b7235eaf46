import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  EnvelopeCheck,
  type Letter,
  type Stored,
  signEnvelopes,
} from "../../../libs/identity/index.ts";
import { rejects } from "./issuer.ts";
import { Parties } from "./parties.ts";

const subject = "mesh.task.summarizer.condense.normal.editor";

function letters(count: number): readonly Letter[] {
  const issuedAt = new Date();
  return Array.from({ length: count }, (_, at) => ({
    ...{ kind: "task", target: "summarizer", subject, id: `task-${at}`, issuedAt },
    expiresAt: new Date(issuedAt.getTime() + 60_000),
    contentType: "application/json",
    body: Buffer.from(JSON.stringify({ at })),
  }));
}

async function world(count: number) {
  const parties = new Parties({ editor: {}, summarizer: { skills: ["condense"] } });
  const check = new EnvelopeCheck(parties);
  const written = letters(count);
  const signed = signEnvelopes(written, await parties.signer("editor"));
  const stored = written.map((letter, at): Stored => {
    const envelope = signed[at] ?? assert.fail(`message ${at} is not signed`);
    return { ...letter, ...envelope, storedAt: new Date(), place: `MESH_TASKS:${at}` };
  });
  const { account } = parties;
  const expected = { kind: "task", target: "summarizer", speaker: "editor", account } as const;
  return { check, stored, expected };
}

for (const count of [1, 2, 3, 7, 32]) {
  test(`each of ${count} messages that were signed together stands by itself`, async () => {
    const { check, stored, expected } = await world(count);
    for (const one of stored.toReversed()) {
      assert.equal((await check.verify(one, expected)).name, "editor");
    }
  });
}

test("one that is signed alone is signed as before", async () => {
  const { stored } = await world(1);
  assert.equal(stored[0]?.envelope.split(".").length, 2);
});

test("a message that was signed with others cannot say something else", async () => {
  const { check, stored, expected } = await world(5);
  const [first, second] = stored;
  assert.ok(first !== undefined && second !== undefined);
  // The true ones first: what is remembered of them must help no other.
  for (const one of stored) await check.verify(one, expected);
  const [, signature, way] = first.envelope.split(".");
  const [otherBody] = second.envelope.split(".");
  const swapped = { ...second, envelope: `${otherBody}.${signature}.${way}`, place: "x" };
  await rejects(denied, ["its signature is not that of editor"], () =>
    check.verify(swapped, expected),
  );
});

test("neither a root nor a part of the way passes for a message", async () => {
  const { check, stored, expected } = await world(4);
  const [first] = stored;
  assert.ok(first !== undefined);
  const [body, signature, way = ""] = first.envelope.split(".");
  const bytes = Buffer.from(way, "base64url");
  const ways = {
    none: undefined,
    short: bytes.subarray(0, 33),
    long: Buffer.concat([bytes, bytes]),
    torn: bytes.subarray(0, 40),
    sideless: Buffer.from(bytes.map((byte, at) => (at === 0 ? 2 : byte))),
    turned: Buffer.from(bytes.map((byte, at) => (at === 0 ? 1 - byte : byte))),
    endless: Buffer.alloc(33 * 17),
  };
  for (const [what, other] of Object.entries(ways)) {
    const end = other === undefined ? "" : `.${other.toString("base64url")}`;
    const forged = { ...first, envelope: `${body}.${signature}${end}` };
    await assert.rejects(check.verify(forged, expected), { code: denied }, what);
  }
});

const denied = MeshCode.PermissionDenied;
