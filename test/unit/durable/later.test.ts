import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkCron,
  firingId,
  nextOf,
  readKept,
  readOrder,
} from "../../../libs/durable/later/index.ts";
import { readPlan, signedOrder, writePlan } from "../../../libs/durable/later/plan.ts";
import { momentOf, resolveWhen } from "../../../libs/durable/later/when.ts";
import { Submitter } from "../../../libs/durable/tasks/submitter.ts";
import { systemClock } from "../../../libs/pipeline/index.ts";
import { call } from "../../../libs/testing/builders.ts";

/** A submitter on a server of this version; `sent` is where it published. */
function submitterOn(serverVersion: string) {
  const sent: string[] = [];
  const store = {
    last: async () => undefined,
    store: async ({ subject }: { readonly subject: string }) => {
      sent.push(subject);
      return { is: "stored", sequence: sent.length, duplicate: false };
    },
  };
  const link = { serverVersion, isUp: true, maxPayload: 1_048_576 };
  const parts = { name: "boss", link, store, clock: systemClock, signer: () => undefined };
  return { submitter: new Submitter(parts as never), sent };
}

const head = (...lines: readonly string[]): string => `NATS/1.0\r\n${lines.join("\r\n")}\r\n\r\n`;
const again = { does: "again", priority: "normal", timezone: "Europe/Berlin" } as const;

test("a plan is read as it was written, and nothing else is one", () => {
  const plans = [
    { does: "once", at: "2030-01-01T00:00:00.000Z", priority: "high" },
    { does: "once", delayMs: 5, priority: "normal" },
    { ...again, cron: "@daily", until: "2030-01-01T00:00:00.000Z" },
    { does: "cancel", id: "gate", submitter: "boss" },
    { does: "list", from: 0 },
  ] as const;
  for (const plan of plans) {
    assert.deepEqual(readPlan(head(`Mesh-Later: ${writePlan(plan)}`)), plan);
  }
  const none = [
    ...["", "{", "null", "7", '"once"', "[]", '{"does":"often"}', '{"does":"cancel","id":"A b"}'],
    '{"does":"once","priority":"normal"}',
    '{"does":"once","priority":"low","delayMs":5}',
    '{"does":"once","priority":"normal","delayMs":-1}',
    '{"does":"once","priority":"normal","delayMs":1e300}',
    '{"does":"once","priority":"normal","delayMs":5,"at":"2030-01-01"}',
    '{"does":"again","priority":"normal","cron":"x\\r\\nNats-Rollup: all"}',
    `{"does":"again","priority":"normal","cron":"${"*".repeat(200)}"}`,
    '{"does":"list","from":-1}',
    '{"does":"cancel","id":"gate","submitter":"*"}',
    `{"does":"list","from":0,"more":"${"x".repeat(2_000)}"}`,
  ];
  for (const text of none) assert.equal(readPlan(head(`Mesh-Later: ${text}`)), undefined, text);
});

test("what is signed of an order tells the plan from the body", () => {
  assert.notDeepEqual(signedOrder("a\nb", "c"), signedOrder("a", "c\nb"));
  assert.equal(Buffer.from(signedOrder('{"x":1}', "body")).toString(), '{"x":1}\nbody');
});

test("an order is read with its address, its id and its plan, or refused", () => {
  const original = { payload: Buffer.from("{}"), sequence: 7, storedAt: new Date(0) };
  const plan = 'Mesh-Later: {"does":"list","from":0}';
  const subject = "mesh.later.painter.paint.boss";
  const order = readOrder({ ...original, subject, head: head("Mesh-Id: a", plan) });
  assert.deepEqual([order.address.submitter, order.id, order.plan.does], ["boss", "a", "list"]);
  for (const wrong of [
    { subject: "mesh.later.painter.paint", head: head("Mesh-Id: a", plan) },
    { subject, head: head(plan) },
    { subject, head: head("Mesh-Id: a") },
    { subject, head: head(`Mesh-Id: ${"a".repeat(200)}`, plan) },
  ]) {
    assert.throws(() => readOrder({ ...original, ...wrong }), { code: "malformed_header" });
  }
  const address = { agent: "painter", skill: "paint", submitter: "boss" };
  assert.equal(
    readKept(address, { head: head("Mesh-Order: x y"), payload: original.payload }),
    undefined,
  );
});

test("a schedule goes by its time zone, also where the clock is put back", () => {
  const nine = checkCron("0 9 * * *", "Europe/Berlin");
  const winter = nextOf({ ...again, ...nine }, new Date("2026-10-24T12:00:00Z"));
  assert.equal(winter?.toISOString(), "2026-10-25T08:00:00.000Z");
  const summer = nextOf({ ...again, ...nine }, new Date("2026-10-23T12:00:00Z"));
  assert.equal(summer?.toISOString(), "2026-10-24T07:00:00.000Z");
  const until = "2026-10-24T06:59:59Z";
  assert.equal(nextOf({ ...again, ...nine, until }, new Date("2026-10-23T12:00:00Z")), undefined);
});

test("a time zone is called as the server calls it, whatever its case here", () => {
  assert.equal(checkCron("@daily", "europe/berlin").timezone, "Europe/Berlin");
  assert.equal(checkCron("@daily", undefined).timezone, "UTC");
});

test("a cron that the server and this side would read in two ways is refused, with what to write", () => {
  const crons = [
    ...["* * * */1 * 1", "* * * *,3 * 1", "* * * 3 * */1", "* * * ?/1 * 1", "* * * 3 * 1,*"],
    ...["* * * */01 * 1", "* * * */00 * 1", "* * * 3 * ?/01", "* * * 3,*/2 * 1"],
  ];
  for (const cron of crons) {
    assert.throws(
      () => checkCron(cron, undefined),
      { code: "invalid_argument", message: /write \* for any day; ".*" is read in two ways/ },
      cron,
    );
  }
  const plain = ["0 0 3 */2 * *", "0 0 3 * * 1", "0 0 3 1-31 * *", "*/1 */1 *,3 ? */1 ?"];
  for (const cron of plain) assert.equal(checkCron(cron, undefined).cron, cron);
});

test("each firing has an id of its own that is a token and tells the time", () => {
  assert.equal(
    firingId("nightly", new Date("2026-11-21T03:00:00.017Z")),
    "nightly-20261121t030000z",
  );
  assert.equal(firingId("f".repeat(44), new Date()).length, 61);
});

test("a delay counts from when the broker stored it, a time does not", () => {
  const storedAt = new Date("2030-01-01T00:00:00Z");
  assert.equal(momentOf({ delayMs: 1_500 }, storedAt).toISOString(), "2030-01-01T00:00:01.500Z");
  const at = "2031-01-01T00:00:00.000Z";
  assert.equal(momentOf({ at }, storedAt).toISOString(), at);
  assert.deepEqual(resolveWhen({ delayMs: 0.2 }, 0), { delayMs: 1 });
  assert.equal(resolveWhen({ at: new Date(5) }, 5), undefined);
  assert.equal(resolveWhen({}, 0), undefined);
});

test("a task found by its id is taken back from keeper too, where there can be one", async () => {
  const operation = call().operation;
  const contract = { skills: {} } as never;
  const now = submitterOn("2.15.2");
  await now.submitter.task({ contract, operation }, "gate").cancel();
  assert.deepEqual(now.sent, ["mesh.later.far.work.boss", "mesh.task.far.work.high.boss"]);
  const before = submitterOn("2.12.9");
  await before.submitter.task({ contract, operation }, "gate").cancel();
  assert.deepEqual(before.sent, ["mesh.task.far.work.high.boss"]);
});
