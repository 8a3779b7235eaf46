import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { z } from "zod";
import { digestOf, textOf } from "../../support/copier.ts";
import { deadLetters, purge } from "../../support/durable-facts.ts";
import { storedMesh } from "../../support/stores.ts";

const page = z.object({ text: z.string() });
const press = defineAgent({
  name: "press",
  version: "1.0.0",
  skills: {},
  events: {
    "page.printed": event({ data: page }),
    "page.signed": event({ data: page, signed: true }),
  },
});
const pressMesh = `version: 1
workspaces:
  desk:
    agents:
      press: { publishes: [page.printed, page.signed] }
      reader:
        hears: [press.*]
        follows: { pages: { from: beginning, events: [press.*] } }
    roles:
      keeper: { members: [keeper] }
`;

test("an event of 64 MiB reaches who hears it and who follows it, signed or not", async () => {
  await using home = await storedMesh(pressMesh, []);
  const publisher = await home.connect("press");
  const reader = await home.connect("reader");
  const seen: string[] = [];
  const note =
    (how: string) =>
    ({ text }: { readonly text: string }) => {
      seen.push(`${how} ${text.length} ${digestOf(text)}`);
    };
  await reader.hear(press, "page.printed", note("heard"));
  const large = textOf(64 * 1_048_576);
  const small = textOf(2_000_000, 2);
  await publisher.publish(press, "page.printed", { text: large });
  await publisher.publish(press, "page.signed", { text: small });
  await reader.follow("pages", [
    on(press, "page.printed", note("followed")),
    on(press, "page.signed", note("signed")),
  ]);
  const expected = [
    `heard ${large.length} ${digestOf(large)}`,
    `followed ${large.length} ${digestOf(large)}`,
    `signed ${small.length} ${digestOf(small)}`,
  ];
  await eventually("all have come", () => seen.length === 3, { timeoutMs: 100_000 });
  assert.deepEqual(new Set(seen), new Set(expected));
});

test("an event whose data is gone from the store is a dead letter with the reason, and the next one comes", async () => {
  await using home = await storedMesh(pressMesh, []);
  const publisher = await home.connect("press");
  await publisher.publish(press, "page.printed", { text: textOf(2_000_000) });
  await purge(home, Store.blobs);
  const seen: string[] = [];
  const reader = await home.connect("reader");
  const handle = ({ text }: { readonly text: string }): void => void seen.push(text);
  await reader.follow("pages", [on(press, "page.printed", handle)], { attempts: 2 });
  await publisher.publish(press, "page.printed", { text: "next" });
  await eventually("the next one has come", () => seen.length === 1);
  await eventually("the first is dead", async () => (await deadLetters(home)).length === 1, {
    timeoutMs: 15_000,
  });
  const [dead] = await deadLetters(home);
  assert.equal(dead?.code, "malformed_payload");
  assert.match(dead?.why ?? "", /not in the store: it has expired, or was removed/);
});
