import assert from "node:assert/strict";
import { test } from "node:test";
import { ackReader } from "../../../libs/durable/stored/acks.ts";

const read = ackReader({ stream: "MESH_EVENTS", consumer: "crm" });
const storedAt = new Date(1_780_000_000_123);
const own = "$JS.ACK.MESH_EVENTS.crm.";
const counts = "2.1234567.99.1780000000123456789.5";

test("the reply subject of a delivery tells its deliveries, its place, and when it was stored", () => {
  const expected = { deliveries: 2, sequence: 1_234_567, storedAt };
  assert.deepEqual(read(own + counts), expected);
  assert.deepEqual(read(`$JS.ACK.hub.AC0FFEE.MESH_EVENTS.crm.${counts}.r4nd0m`), expected);
  // Some servers say less at the end.
  assert.deepEqual(read(`${own}2.1234567.99.1780000000123456789`), expected);
});

test("a reply subject of another consumer, or of none, tells nothing", () => {
  const others = [
    ...["", "$JS.ACK.", own, "_INBOX.crm.1", `${own}2`, `${own}2.7`, `${own}2.7.9`, `${own}...`],
    ...[`${own}2.7.9.`, `${own}2.7.9.x`, `${own}2.7.9.-1`, `${own}2.7.9.${"1".repeat(20)}`],
    `$JS.ACK.MESH_EVENTS.welcome.${counts}`,
    `$JS.ACK.MESH_TASKS.crm.${counts}`,
    `$JS.ACK.hub.AC0FFEE.MESH_EVENTS.welcome.${counts}`,
    "$JS.ACK.hub.AC0FFEE.MESH_EVENTS.crm.2.7",
  ];
  for (const reply of others) assert.equal(read(reply), undefined, reply);
});
