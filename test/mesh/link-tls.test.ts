import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, startNats } from "@myelin/mesh/testing";
import { Link } from "../../libs/nats/index.ts";
import { selfSigned } from "../support/certificate.ts";

/** A server that takes TLS only, and the file of the certificate that vouches for it. */
async function startSecure() {
  const folder = mkdtempSync(join(tmpdir(), "myelin-tls-"));
  const { cert, key } = selfSigned();
  const caFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  writeFileSync(caFile, cert);
  writeFileSync(keyFile, key);
  const config = `tls { cert_file: "${caFile}", key_file: "${keyFile}" }`;
  const server = await startNats({ config });
  return {
    server,
    caFile,
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

test("a link over TLS carries messages, and comes back after a restart", async () => {
  await using secure = await startSecure();
  const { server, caFile } = secure;
  await using link = await Link.connect({
    servers: [server.url],
    name: "a",
    nats: { tls: { caFile } },
  });
  let heard = 0;
  link.subscribe("a", () => heard++);
  link.publish("a", new Uint8Array(0));
  await link.flush();
  assert.equal(heard, 1);
  await server.kill();
  await eventually("it is down", () => !link.isUp);
  await server.restart();
  await eventually("it is up", () => link.isUp, { timeoutMs: 2_000 });
});

test("a server whose certificate nobody vouches for is refused, with what to do", async () => {
  await using secure = await startSecure();
  const untrusting = Link.connect({ servers: [secure.server.url], name: "a" });
  await assert.rejects(untrusting, { code: "unavailable", message: /self-signed.*nats\.tls/ });
});

test("a CA file that is not there is named", async () => {
  await using secure = await startSecure();
  const nats = { tls: { caFile: "/nowhere/ca.pem" } };
  const attempt = Link.connect({ servers: [secure.server.url], name: "a", nats });
  await assert.rejects(attempt, { code: "invalid_argument", message: /\/nowhere\/ca\.pem/ });
});
