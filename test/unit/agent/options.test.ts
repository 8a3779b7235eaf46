import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveConnect } from "../../../libs/agent/options.ts";

test("a name is enough: everything else has a default", () => {
  const config = resolveConnect({ name: "ops" });
  assert.deepEqual(config.servers, ["nats://127.0.0.1:4222"]);
  assert.equal(config.waitForBrokerMs, 0);
  assert.equal(config.onAccess, undefined);
  assert.ok(Object.isFrozen(config));
});

test("servers are taken as a list or with commas, without spaces", () => {
  const servers = (given: string | string[]) =>
    resolveConnect({ name: "ops", servers: given }).servers;
  assert.deepEqual(servers("nats://a:1, nats://b:2 ,"), ["nats://a:1", "nats://b:2"]);
  assert.deepEqual(servers(["nats://a:1"]), ["nats://a:1"]);
});

test("options that cannot work are refused at the start, by their name", () => {
  for (const name of ["", "Ops", "a.b", "*", "a b", "x".repeat(64)]) {
    assert.throws(() => resolveConnect({ name }), {
      code: "invalid_name",
      message: /connect\.name/,
    });
  }
  for (const servers of ["", " , ", []]) {
    assert.throws(() => resolveConnect({ name: "ops", servers }), {
      code: "invalid_argument",
      message: /connect\.servers/,
    });
  }
});
