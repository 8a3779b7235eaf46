import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { copier, copierHandlers, textOf } from "../../support/copier.ts";

/** A mesh whose store takes a megabyte of large payloads. */
const small = `version: 1
workspaces:
  test:
    guests: true
    streams: { blobs: { maxBytes: 1048576 } }
`;

test("an answer that the store has no room for fails its call, and the skill runs once", async () => {
  await using mesh = await startMesh({ jetstream: true, policy: small });
  let ran = 0;
  const handlers = {
    ...copierHandlers,
    fill: () => {
      ran++;
      return textOf(3_000_000);
    },
    pages: async function* () {
      ran++;
      yield { page: 0, text: textOf(3_000_000) };
    },
  };
  for (let instance = 0; instance < 3; instance++) await mesh.serve(copier, handlers);
  const client = (await mesh.connect("me")).client(copier);
  const tooLarge = { code: MeshCode.PayloadTooLarge, message: /the store is no help/ };
  await assert.rejects(client.fill({ characters: 1 }), { ...tooLarge, origin: "peer" });
  assert.equal(ran, 1);
  const frames = client.pages({ characters: [1] })[Symbol.asyncIterator]();
  await assert.rejects(async () => frames.next(), { ...tooLarge, origin: "peer" });
  assert.equal(ran, 2);
});
