import assert from "node:assert/strict";
import { test } from "node:test";
import { natsOptions } from "../../../libs/nats/options.ts";
import { demandsTls, isLoopback, resolveTls } from "../../../libs/nats/tls.ts";

const quiet = { onTrouble: () => {} };

test("a host on this machine is known in every way to write it", () => {
  const here = [
    "localhost",
    "nats://localhost:4222",
    "127.0.0.1:4222",
    "nats://127.8.9.1",
    "tls://me:secret@localhost:1",
    "::1",
    "nats://[::1]:4222",
  ];
  for (const url of here) assert.ok(isLoopback(url), url);
  const elsewhere = [
    "10.0.0.1",
    "nats://localhost.example:4222",
    "127.0.0.1.example",
    "nats://n:1",
  ];
  for (const url of [...elsewhere, "nats://localhost@evil.example"])
    assert.equal(isLoopback(url), false, url);
});

test("TLS is demanded by a URL, and by credentials as soon as one server is elsewhere", () => {
  assert.equal(demandsTls(["nats://127.0.0.1:1"], true), false);
  assert.equal(demandsTls(["nats://127.0.0.1:1", "nats://far:1"], true), true);
  assert.equal(demandsTls(["nats://far:1"], false), false);
  assert.equal(demandsTls(["tls://127.0.0.1:1"], false), true);
});

test("the floor is TLS 1.2 wherever TLS is asked for, and cannot be lowered", () => {
  const floor = (options: object) => {
    const { tls } = natsOptions({ servers: ["nats://far:1"], name: "me", ...options }, quiet);
    return (tls as { readonly minVersion?: string } | undefined)?.minVersion;
  };
  assert.equal(floor({ tls: {} }), "TLSv1.2");
  assert.equal(floor({ credentials: "x.creds" }), "TLSv1.2");
  assert.equal(floor({ nats: { tls: { minVersion: "TLSv1" } } }), "TLSv1.2");
  assert.equal(floor({ nats: { tls: { minVersion: "TLSv1.3" } } }), "TLSv1.3");
  assert.equal(floor({ credentials: "x.creds", tls: false }), undefined);
});

test("what is said twice, or wrongly, is refused by name", () => {
  const options = { servers: ["nats://far:1"], name: "me" };
  const twice = { credentials: "x.creds", nats: { token: "t" } };
  assert.throws(() => natsOptions({ ...options, ...twice }, quiet), {
    code: "invalid_argument",
    message: /credentials and nats\.token were both given/,
  });
  assert.throws(
    () => natsOptions({ ...options, tls: {}, nats: { tls: {} } }, quiet),
    /tls and nats\.tls were both given/,
  );
  assert.throws(() => resolveTls({ caFile: "" }), /tls\.caFile must be a file's path/);
  assert.throws(() => resolveTls({ keyFile: "k" }), /belong together/);
  assert.throws(() => resolveTls({ handshakeFirst: 1 as unknown as boolean }), /true or false/);
});
