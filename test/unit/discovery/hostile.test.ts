import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Inbound } from "../../../libs/nats/index.ts";
import { beat, bytes, card, known } from "./ground.ts";

const junk = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map(bytes),
  fc
    .record(
      { state: fc.anything(), load: fc.anything(), beatMs: fc.anything(), version: fc.anything() },
      { requiredKeys: [] },
    )
    .map((fields) => beat("a1", plain(fields)).payload),
  fc
    .record({ id: fc.anything(), metadata: fc.anything() }, { requiredKeys: [] })
    .map((fields) => card("a1", plain(fields)).payload),
);

const hostile: fc.Arbitrary<Inbound> = fc.record({
  subject: fc.oneof(fc.constant("mesh.presence.far.a1"), fc.string()).map(overheard),
  reply: fc.oneof(fc.constant("_INBOX.far.a1.presence"), fc.string()),
  head: fc.string(),
  payload: junk,
});

test("no bytes on a presence subject or in an answer can throw, or spoil a pick", () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 20 }), (messages) => {
      const { link, asked, discovery, picked, clock } = known(["sane"]);
      for (const message of messages) {
        link.deliver(message);
        asked[0]?.answer(message);
      }
      clock.advance(1_000);
      assert.ok(["sane", "a1"].includes(picked(["none"]) ?? ""));
      for (const seen of discovery.instances("far")) {
        assert.ok(Number.isFinite(seen.otherLoad) && seen.otherLoad >= 0);
      }
    }),
    { numRuns: 300 },
  );
});

/** What JSON makes of it; what it cannot carry is left out. */
function plain(fields: object): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(fields));
  } catch {
    return {};
  }
}

/** The fake link hands a message to those who listen to the agent in its third token. */
function overheard(subject: string): string {
  return subject.startsWith("mesh.") ? subject : `mesh.presence.far.${subject}`;
}
