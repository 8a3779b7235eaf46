import assert from "node:assert/strict";
import { test } from "node:test";
import { Expiry, warningsOf } from "../../../libs/nats/expiry.ts";

const dayMs = 86_400_000;
const issuedAt = new Date("2026-01-01T00:00:00Z");
const after = (days: number) => new Date(issuedAt.getTime() + days * dayMs);

test("it warns at a third, at a tenth, in each of the last three days, and at the end", () => {
  const days = warningsOf({ issuedAt, expiresAt: after(60) }).map(
    (moment) => (moment - issuedAt.getTime()) / dayMs,
  );
  assert.deepEqual(days, [40, 54, 57, 58, 59, 60]);
});

test("of what lasts for hours it warns at a third, at a tenth and at the end", () => {
  const hours = warningsOf({ issuedAt, expiresAt: after(1 / 2) }).map((moment) =>
    Math.round((10 * (moment - issuedAt.getTime())) / (dayMs / 24)),
  );
  assert.deepEqual(hours, [80, 108, 120]);
});

test("each warning comes once, at its time, and none after it was stopped", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: issuedAt });
  const said: string[] = [];
  const expiry = new Expiry("editor", (text) => said.push(text));
  expiry.follow([{ what: "credentials", issuedAt, expiresAt: after(60) }]);
  assert.equal(said.length, 0);
  for (let day = 0; day < 61; day++) t.mock.timers.tick(dayMs);
  assert.deepEqual(
    said.map((line) => line.replace(/, at .*/, "")),
    [
      "the credentials of editor will expire in 20 days",
      "the credentials of editor will expire in 6 days",
      "the credentials of editor will expire in 3 days",
      "the credentials of editor will expire in 2 days",
      "the credentials of editor will expire in 24 hours",
      "the credentials of editor expired at 2026-03-02T00:00:00.000Z",
    ],
  );
  expiry.follow([{ what: "certificate", issuedAt: after(61), expiresAt: after(70) }]);
  expiry.stop();
  t.mock.timers.tick(20 * dayMs);
  assert.equal(said.length, 6);
});

test("what is about to end is told at once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: after(29) });
  const said: string[] = [];
  const expiry = new Expiry("editor", (text) => said.push(text));
  expiry.follow([{ what: "certificate", issuedAt, expiresAt: after(30) }]);
  expiry.stop();
  assert.match(said.join(), /^the certificate of editor will expire in 24 hours, at 2026-01-31/);
});
