import assert from "node:assert/strict";
import { test } from "node:test";
import { type Signable, Signing } from "../../../libs/durable/stored/signing.ts";
import { MeshCode } from "../../../libs/errors/index.ts";
import { createKey, EnvelopeCheck } from "../../../libs/identity/index.ts";
import { readSigned } from "../../../libs/wire/index.ts";
import { Parties } from "../identity/parties.ts";

const subject = "mesh.task.summarizer.condense.normal.editor";

function letter(id: string, change: Partial<Signable> = {}): Signable {
  const about = { kind: "task", target: "summarizer", subject, id } as const;
  return {
    ...about,
    contentType: "application/json",
    payload: `"${id}"`,
    lifeMs: 60_000,
    ...change,
  };
}

async function world() {
  const parties = new Parties({ editor: {}, summarizer: { skills: ["condense"] } });
  const signer = await parties.signer("editor");
  const { account } = parties;
  const check = new EnvelopeCheck(parties);
  const expected = { kind: "task", target: "summarizer", speaker: "editor", account } as const;
  const verify = async (headers: readonly (readonly unknown[])[], id: string) => {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
    const signed = readSigned(`NATS/1.0\r\n${lines.join("")}\r\n`);
    assert.ok(signed);
    const message = { subject, id, contentType: "application/json", body: Buffer.from(`"${id}"`) };
    return check.verify({ ...signed, ...message, storedAt: new Date(), place: id }, expected);
  };
  return { signing: new Signing(() => signer), verify };
}

test("what is written in one turn has few signatures, and each message stands by itself", async () => {
  const { signing, verify } = await world();
  const ids = Array.from({ length: 160 }, (_, n) => `task-${n}`);
  const all = await Promise.all(ids.map((id) => signing.headers(letter(id))));
  for (const [at, id] of ids.entries()) await verify(all[at] ?? [], id);
  const signatures = all.map((headers) => String(headers[0]?.[1]).split(".")[1]);
  assert.equal(new Set(signatures).size, 3);
});

test("what is written alone is signed alone", async () => {
  const { signing, verify } = await world();
  for (const id of ["one", "other"]) {
    const headers = await signing.headers(letter(id));
    assert.equal(String(headers[0]?.[1]).split(".").length, 2);
    await verify(headers, id);
  }
});

test("a message that cannot be signed keeps no other from it", async () => {
  const { signing, verify } = await world();
  const [good, bad, better] = await Promise.allSettled([
    signing.headers(letter("good")),
    signing.headers(letter("bad", { target: "x".repeat(2_000) })),
    signing.headers(letter("better")),
  ]);
  assert.ok(good?.status === "fulfilled" && better?.status === "fulfilled");
  await verify(good.value, "good");
  await verify(better.value, "better");
  assert.equal(bad?.status === "rejected" && bad.reason.code, MeshCode.InvalidArgument);
});

test("where there is nothing to sign with there are no headers, and nothing to wait for", () => {
  const signing = new Signing(() => undefined);
  assert.deepEqual(signing.headers(letter("plain")), []);
});

test("only the owner of a key can make its tags, always the same", () => {
  const [key, other] = [createKey("user"), createKey("user")];
  assert.equal(key.tag("task 7"), key.tag("task 7"));
  assert.notEqual(key.tag("task 7"), key.tag("task 8"));
  assert.notEqual(key.tag("task 7"), other.tag("task 7"));
});
