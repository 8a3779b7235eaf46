import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Inbox } from "../../../libs/transport/index.ts";
import { FakeLink } from "./world.ts";

function inboxOn() {
  const far = new FakeLink();
  let late = 0;
  const inbox = new Inbox(far.link, "me", "m1", () => late++);
  const got: string[] = [];
  const open = (name: string) => inbox.open({ receive: () => got.push(name) });
  return { far, inbox, got, open, late: () => late };
}

test("a late reply reaches nobody, not even who has its slot by now", () => {
  const { far, inbox, got, open, late } = inboxOn();
  const old = open("old");
  inbox.close(old);
  const young = open("young");
  assert.equal(young.slice(16), old.slice(16), "the slot is used again");
  far.deliver(inbox.subject(old), "x");
  assert.deepEqual(got, []);
  assert.equal(late(), 1);
  far.deliver(inbox.subject(young));
  assert.deepEqual(got, ["young"]);
});

test("an empty message without headers is no late reply: it ends a way back", () => {
  const { far, inbox, got, open, late } = inboxOn();
  const token = open("old");
  inbox.close(token);
  far.deliver(inbox.subject(token));
  far.deliver(inbox.subject("control"));
  assert.deepEqual(got, []);
  assert.equal(late(), 0);
});

test("a token that is closed twice frees its slot once", () => {
  const { inbox, open } = inboxOn();
  const first = open("first");
  inbox.close(first);
  inbox.close(first);
  const [a, b] = [open("a"), open("b")];
  assert.notEqual(a.slice(16), b.slice(16));
  inbox.close(first);
  assert.equal(Array.from(inbox).length, 2);
});

test("only the whole token opens: its slot alone, its secret alone and odd numbers do not", () => {
  const { far, inbox, got, open, late } = inboxOn();
  const token = open("mine");
  const secret = token.slice(0, 16);
  const slot = token.slice(16);
  const guesses = [slot, secret, `${secret}00`, `${secret}-0`, `${secret}0x0`, `${secret} 0`];
  guesses.push(`${secret}1e9`, `${secret}NaN`, `${secret}length`, `${"A".repeat(16)}${slot}`);
  for (const guess of guesses) far.deliver(inbox.subject(guess), "x");
  assert.deepEqual(got, []);
  assert.equal(late(), guesses.length);
});

test("no subject that a stranger makes up throws", () => {
  const { far, inbox, got, open } = inboxOn();
  open("mine");
  fc.assert(fc.property(fc.string(), (text) => far.deliver(inbox.subject(text))));
  assert.deepEqual(got, []);
});

test("what is opened and closed at random is what is there, and slots do not grow", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), (steps) => {
      const { inbox, open } = inboxOn();
      const tokens: string[] = [];
      let most = 0;
      for (const step of steps) {
        if (step < 11) tokens.push(open("x"));
        else inbox.close(tokens.splice(step % (tokens.length + 1), 1)[0] ?? "none");
        most = Math.max(most, tokens.length);
      }
      assert.equal(Array.from(inbox).length, tokens.length);
      for (const token of tokens) assert.ok(Number(token.slice(16)) < most);
    }),
  );
});

test("who closes its token while everything is gone through disturbs nobody", () => {
  const { inbox, open } = inboxOn();
  const tokens = ["a", "b", "c"].map(open);
  let seen = 0;
  for (const _ of inbox) {
    inbox.close(tokens[seen++] ?? "");
    open("new");
  }
  assert.equal(seen, 3);
});

test("an inbox that was stopped listens no more", async () => {
  const { far, inbox } = inboxOn();
  await inbox.stop();
  assert.equal(far.listeners, 0);
});

test("when the connection changes, new tokens lie in a new inbox and old ones are still answered", async () => {
  const { far, inbox, got, open } = inboxOn();
  const [old, answered] = [open("old"), open("answered")];
  const before = inbox.subject(old);
  const owed = far.move(1);
  const young = open("young");
  assert.equal(inbox.subject(young), `_INBOX.me.m1-1.${young}`);
  assert.ok(inbox.isFormer(old) && !inbox.isFormer(young));
  far.deliver(before);
  far.deliver(inbox.subject(young));
  assert.deepEqual(got, ["old", "young"]);
  inbox.close(answered);
  assert.equal(owed.isAwaited, true);
  inbox.close(old);
  assert.equal(owed.isAwaited, false);
});

test("who waits for replies over a connection that is gone learns it, and nobody else", () => {
  const { far, inbox } = inboxOn();
  const waiting = { receive: () => {} };
  const token = inbox.open(waiting);
  inbox.close(inbox.open({ receive: () => {} }));
  const owed = far.move(1);
  inbox.open({ receive: () => {} });
  const lost: unknown[] = [];
  inbox.onLost((those) => lost.push(...those));
  owed.lost();
  assert.deepEqual(lost, [waiting]);
  assert.equal(inbox.isFormer(token), false);
});
