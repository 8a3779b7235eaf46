import assert from "node:assert/strict";
import { test } from "node:test";
import { hexId, randomToken, tokenLength } from "../../../libs/pipeline/index.ts";

test("ten thousand tokens are all different, and fit into a subject", () => {
  const tokens = new Set(Array.from({ length: 10_000 }, randomToken));
  assert.equal(tokens.size, 10_000);
  for (const token of tokens) {
    assert.equal(token.length, tokenLength);
    assert.match(token, /^[\w-]+$/);
  }
});

test("ids of both lengths can be taken by turns, and are never cut short or repeated", () => {
  const ids = Array.from({ length: 5_000 }, (_, n) => hexId(n % 3 === 0 ? 16 : 8));
  assert.equal(new Set(ids).size, ids.length);
  for (const [n, id] of ids.entries()) {
    assert.match(id, n % 3 === 0 ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{16}$/);
  }
});
