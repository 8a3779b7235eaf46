import assert from "node:assert/strict";
import { test } from "node:test";
import { type NatsOptions, natsOptions } from "../../../libs/nats/options.ts";

const quiet = { onTrouble: () => {} };

function resolve(nats: NatsOptions = {}) {
  return natsOptions({ servers: ["nats://a:1"], name: "me", nats }, quiet);
}

test("the mesh reconnects for ever, whatever nats.js's defaults are", () => {
  const options = resolve();
  assert.equal(options.maxReconnectAttempts, -1);
  assert.equal(options.ignoreAuthErrorAbort, true);
  assert.equal(options.reconnect, true);
  assert.equal(options.noEcho, false);
  assert.deepEqual(options.servers, ["nats://a:1"]);
});

test("what the user says passes through, and undefined says nothing", () => {
  const options = resolve({ pingInterval: 99, user: "u", timeout: undefined });
  assert.equal(options.pingInterval, 99);
  assert.equal(options.user, "u");
  assert.equal(options.timeout, 2_000);
});

test("the caller's own objects are not changed", () => {
  const servers = Object.freeze(["nats://a:1"]);
  const nats = Object.freeze({ user: "u" });
  const options = natsOptions({ servers, name: "me", nats }, quiet);
  assert.notEqual(options.servers, servers);
});

test("an option that only the mesh may set is refused, even when it is undefined", () => {
  for (const name of ["servers", "port", "name", "reconnectDelayHandler", "reconnectToServer"]) {
    assert.throws(() => resolve({ [name]: undefined }), {
      code: "invalid_argument",
      message: new RegExp(`nats\\.${name} `),
    });
  }
});

test("timings out of range are refused by name, with what came", () => {
  assert.throws(() => resolve({ pingInterval: 0 }), /nats\.pingInterval .* from 1 .* got 0/);
  assert.throws(
    () => resolve({ reconnectJitter: -1 }),
    /nats\.reconnectJitter .* from 0 .* got -1/,
  );
  assert.throws(() => resolve({ maxPingOut: Number.NaN }), /nats\.maxPingOut .* got NaN/);
});

test("an authenticator that throws at first throws, later it is reported and asked again", () => {
  const reported: unknown[] = [];
  let fails = true;
  const authenticator = () => {
    if (fails) throw new RangeError("no file");
    return { auth_token: "t" };
  };
  const options = { servers: ["nats://a:1"], name: "me", nats: { authenticator } };
  const { authenticator: wrapped } = natsOptions(options, {
    onTrouble: (thrown) => reported.push(thrown),
  });
  const [ask] = [wrapped ?? []].flat();
  assert.ok(ask !== undefined);
  assert.throws(() => ask("nonce"), RangeError);
  fails = false;
  assert.deepEqual(ask("nonce"), { auth_token: "t" });
  fails = true;
  assert.equal(ask("nonce"), undefined);
  assert.equal(reported.length, 1);
});
