import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { copier, copierHandlers, digestOf, textOf } from "../../support/copier.ts";
import { handlers, policy, seen, summarizer } from "../../support/workspaces.ts";

const mebibyte = 1_048_576;

test("64 MiB go to an agent and come back, over TLS and with identities", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(copier, copierHandlers);
  const client = (await mesh.connect("me")).client(copier);
  const text = textOf(64 * mebibyte);
  const answer = await client.copy({ text });
  assert.equal(answer.text.length, text.length);
  assert.equal(digestOf(answer.text), digestOf(text));
});

test("a large answer to a small question, and a small answer to a large one", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(copier, copierHandlers);
  const client = (await mesh.connect("me")).client(copier);
  assert.equal(digestOf(await client.fill({ characters: 5_000_000 })), digestOf(textOf(5_000_000)));
  const text = textOf(5_000_000, 3);
  assert.deepEqual(await client.weigh({ text }), { characters: 5_000_000, sha256: digestOf(text) });
});

test("frames of a stream may be large, and stay in their order", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(copier, copierHandlers);
  const client = (await mesh.connect("me")).client(copier);
  for (const skill of ["pages", "secrets"] as const) {
    const characters = [10, 3_000_000, 20, 2_500_000, 1_500_000, 0, 30];
    const seen: number[] = [];
    for await (const { page, text } of client[skill]({ characters })) {
      assert.equal(page, seen.length);
      assert.equal(text, textOf(characters[page] ?? 0, page));
      seen.push(text.length);
    }
    assert.deepEqual(seen, characters);
  }
});

test("sealed payloads may be large both ways", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(copier, copierHandlers);
  const client = (await mesh.connect("me")).client(copier);
  const text = textOf(4_000_000);
  assert.equal(digestOf((await client.secret({ text })).text), digestOf(text));
});

test("more than the store takes is payload_too_large and says how much", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(copier, copierHandlers);
  const client = (await mesh.connect("me")).client(copier);
  const much = { code: MeshCode.PayloadTooLarge, message: /68157440/ };
  await assert.rejects(client.weigh({ text: textOf(66 * mebibyte) }), { ...much, origin: "here" });
  await assert.rejects(client.fill({ characters: 66 * mebibyte }), { ...much, origin: "peer" });
});

test("without a store it stays payload_too_large, and says why", async () => {
  await using mesh = await startMesh();
  await mesh.serve(copier, copierHandlers);
  const client = (await mesh.connect("me")).client(copier);
  const reason = { code: MeshCode.PayloadTooLarge, message: /no store keeps more here/ };
  await assert.rejects(client.weigh({ text: textOf(2_000_000) }), { ...reason, origin: "here" });
  await assert.rejects(client.fill({ characters: 2_000_000 }), { ...reason, origin: "peer" });
  assert.equal((await client.copy({ text: "x" })).text, "x");
});

test("an agent that drains loses no large answer that is on its way", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const text = textOf(20_000_000);
  let answered = (): void => {};
  const isAnswered = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const fill = (): string => {
    setImmediate(answered);
    return text;
  };
  const agent = await mesh.serve(copier, { ...copierHandlers, fill });
  const asked = (await mesh.connect("me")).client(copier).fill({ characters: 1 });
  await isAnswered;
  await agent.drain();
  assert.equal(digestOf(await asked), digestOf(text));
});

test("a payload that is too large for a message does not cross into another workspace", async () => {
  await using mesh = await startMesh({ jetstream: true, policy });
  await mesh.serve(summarizer, handlers(seen()));
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const { condense, spell } = pricer.client(summarizer, { workspace: "desk" });
  const tooLarge = { code: MeshCode.PayloadTooLarge };
  await assert.rejects(condense({ text: textOf(2_000_000) }), { ...tooLarge, origin: "here" });
  await assert.rejects(
    async () => {
      for await (const _ of spell({ frames: 2, bytes: 2_000_000 }));
    },
    { ...tooLarge, origin: "peer" },
  );
});
