import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { servicesOf } from "../../../libs/agent/card.ts";
import { operationsOf } from "../../../libs/agent/operations.ts";
import { defineAgent, skill } from "../../../libs/contract/index.ts";

const contract = defineAgent({
  name: "lib",
  version: "1.2.0",
  description: "Lends books.",
  protobuf:
    'syntax = "proto3"; message Ask { string title = 1; } message Book { uint32 pages = 1; }',
  skills: {
    find: skill({
      description: "Finds a book.",
      input: z.object({ title: z.string().transform((title) => title.length) }),
      output: z.object({ pages: z.number(), at: z.coerce.date() }),
      idempotent: true,
      deadlineMs: 250,
      errors: { gone: z.object({ since: z.string() }) },
    }),
    lend: skill({
      input: z.object({}),
      frames: z.string(),
      messages: { input: "Ask", output: "Book" },
    }),
  },
});

test("an operation is data from the contract, with a codec for each side", () => {
  const operations = operationsOf(contract);
  const { request, response, ...find } = operations.get("find") ?? assert.fail();
  assert.deepEqual(find, {
    ...{ agent: "lib", skill: "find", version: "1.2.0", key: "lib.find" },
    ...{ streams: false, idempotent: true, deadlineMs: 250, idleMs: 30_000, sealed: false },
  });
  assert.deepEqual([request.contentType, response.contentType], Array(2).fill("application/json"));
  const lend = operations.get("lend") ?? assert.fail();
  assert.equal(lend.request.contentType, "application/protobuf");
  assert.deepEqual(lend.response.decode(lend.response.encode({ pages: 3 })), { pages: 3 });
});

test("a message that the protobuf source lacks is refused when the contract is used", () => {
  const messages = { input: "Nothing", output: "Book" };
  const wrong = defineAgent({
    ...contract,
    protobuf: contract.protobuf ?? "",
    skills: { lend: skill({ input: z.object({}), output: z.string(), messages }) },
  });
  assert.throws(() => operationsOf(wrong), {
    code: "invalid_argument",
    message: /no message Nothing/,
  });
});

test("the card shows each skill with its subject, its schemas and what it promises", () => {
  const card = servicesOf(contract, operationsOf(contract));
  assert.deepEqual(
    [card.name, card.version, card.description, card.metadata],
    ["lib", "1.2.0", "Lends books.", { "mesh.wire": "1" }],
  );
  const [find, lend] = card.endpoints;
  assert.equal(find?.subject, "mesh.call.lib.find.any.*");
  assert.equal(find?.queueGroup, "lib");
  assert.deepEqual(
    [
      find?.metadata?.["mesh.streams"],
      find?.metadata?.["mesh.idempotent"],
      find?.metadata?.["mesh.deadline_ms"],
    ],
    ["false", "true", "250"],
  );
  const input = JSON.parse(find?.metadata?.["mesh.input"] ?? "");
  assert.deepEqual(input.properties, { title: { type: "string" } }, "as it crosses the wire");
  assert.deepEqual(Object.keys(JSON.parse(find?.metadata?.["mesh.errors"] ?? "")), ["gone"]);
  assert.equal(lend?.metadata?.["mesh.content_type"], "application/protobuf");
  assert.equal(lend?.metadata?.["mesh.errors"], undefined);
});
