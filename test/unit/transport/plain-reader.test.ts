import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../libs/testing/index.ts";
import { Inbox } from "../../../libs/transport/index.ts";
import { PlainReader } from "../../../libs/transport/plain-reader.ts";
import { block, FakeLink, nobodyThere } from "./world.ts";

function reading() {
  const far = new FakeLink();
  const clock = new ManualClock();
  const inbox = new Inbox(far.link, "far", "f1", () => {});
  let gone = 0;
  const reader = new PlainReader(inbox, clock, () => gone++);
  return { far, clock, inbox, reader, gone: () => gone };
}

test("a plain reader is asked after now and then, not with each frame", () => {
  const { clock, reader } = reading();
  const asked: number[] = [];
  for (let ms = 0; ms < 10_000; ms += 100) {
    clock.advance(100);
    if (reader.ask() !== undefined) asked.push(clock.now());
  }
  assert.deepEqual(asked, [2_500, 5_000, 7_500, 10_000]);
});

test("only the server's word that nobody hears a frame means that its reader has gone", () => {
  const { far, clock, reader, gone } = reading();
  clock.advance(2_500);
  const subject = reader.ask() ?? "";
  for (const head of ["", block("Mesh-Error: unavailable"), "NATS/1.0 408\r\n\r\n"]) {
    far.deliver(subject, "thanks", head);
  }
  assert.equal(gone(), 0);
  far.deliver(subject, "", nobodyThere);
  assert.equal(gone(), 1);
});

test("a reader whose stream is over is not listened for, and leaves no token open", () => {
  const { far, clock, inbox, reader, gone } = reading();
  clock.advance(2_500);
  const subject = reader.ask() ?? "";
  reader.close();
  reader.close();
  far.deliver(subject, "", nobodyThere);
  assert.equal(gone(), 0);
  assert.deepEqual([...inbox], []);
});
