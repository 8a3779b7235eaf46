import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ConversationOptions,
  resolveConversation,
} from "../../../libs/durable/state/conversation-options.ts";

test("a conversation without options keeps a thousand turns, as long as its bucket does", () => {
  assert.deepEqual(resolveConversation(), { mostTurns: 1_000, expiresInMs: undefined });
  const config = resolveConversation({ mostTurns: 1, expiresInMs: 1_000 });
  assert.deepEqual(config, { mostTurns: 1, expiresInMs: 1_000 });
});

test("options of a conversation that are none are refused by name", () => {
  const wrong: readonly [unknown, RegExp][] = [
    [null, /conversation must be an object of options, got null/],
    [{ mostTurns: 0 }, /conversation\.mostTurns must be a whole number from 1 to 100000, got 0/],
    [{ expiresInMs: 999 }, /conversation\.expiresInMs must be a number from 1000 to 2592000000/],
    [{ expiresInMs: "5000" }, /conversation\.expiresInMs must be a number .* got 5000/],
  ];
  for (const [options, message] of wrong) {
    const refusal = { code: "invalid_argument", message };
    assert.throws(() => resolveConversation(options as ConversationOptions), refusal);
  }
});
