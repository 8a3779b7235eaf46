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

test("what a program without types gives in their place is refused by name as well", () => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ waitForBrokerMs: Number.NaN }, /connect\.waitForBrokerMs must be .* got NaN/],
    [{ waitForBrokerMs: -1 }, /connect\.waitForBrokerMs must be .* got -1/],
    [{ waitForBrokerMs: Number.POSITIVE_INFINITY }, /connect\.waitForBrokerMs/],
    [{ waitForBrokerMs: "500" }, /connect\.waitForBrokerMs must be .* got 500/],
    [{ retry: null }, /retry must be an object of options, got null/],
    [{ breaker: null }, /breaker must be an object of options, got null/],
    [{ limit: null }, /limit must be an object of options, got null/],
    [{ retry: false }, /retry must be an object of options, got false/],
    [{ servers: 5 }, /connect\.servers/],
    [{ servers: {} }, /connect\.servers/],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => resolveConnect({ name: "ops", ...options }), {
      code: "invalid_argument",
      message,
    });
  }
  assert.equal(resolveConnect({ name: "ops", waitForBrokerMs: 0.5 }).waitForBrokerMs, 0.5);
});
