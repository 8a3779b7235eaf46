import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Link, type Notice } from "../../libs/nats/index.ts";
import { makeAuthority } from "../../libs/operate/tls/index.ts";
import { eventually } from "../../libs/testing/eventually.ts";
import { startNats } from "../../libs/testing/nats-server.ts";
import {
  certify,
  clientCertificate,
  replace,
  serverCertificate,
  tlsConfig,
} from "../support/authority.ts";

/** A TLS server, and a link to it that keeps what it says and how often it was down. */
async function startSecure(more = "") {
  const folder = mkdtempSync(join(tmpdir(), "myelin-tls-"));
  const authority = await certify(folder);
  const server = await startNats({ config: tlsConfig(folder, more), monitor: true });
  const said: string[] = [];
  const taken = () => said.filter((line) => line.includes("takes up")).length;
  const join_ = async (own = {}) => {
    const link = await Link.connect({
      ...{ servers: [server.url], name: "a" },
      tls: { caFile: join(folder, "ca.pem"), ...own },
      onTrouble: (trouble) => said.push(trouble.message),
      onNotice: ({ text }: Notice) => said.push(text),
    });
    let downs = 0;
    link.onDown(() => downs++);
    return { link, downs: () => downs };
  };
  return {
    ...{ folder, authority, server, said, taken, join: join_ },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function carries(link: Link): Promise<void> {
  let heard = 0;
  const listening = link.subscribe("carries", () => heard++);
  link.publish("carries", "x");
  await link.flush();
  assert.equal(heard, 1);
  await listening.stop();
}

test("a server takes a new certificate by a reload, and nobody is dropped", async () => {
  await using secure = await startSecure();
  const { folder, authority, server } = secure;
  const { link, downs } = await secure.join();
  await using _link = link;
  await serverCertificate(folder, authority);
  await server.reload(tlsConfig(folder));
  await carries(link);
  const newcomer = await secure.join();
  await using _other = newcomer.link;
  writeFileSync(join(folder, "server.pem"), "garbage");
  await assert.rejects(server.reload(tlsConfig(folder)), /Failed/);
  await carries(link);
  assert.equal(downs() + newcomer.downs(), 0);
});

test("the CA is changed without a failure: trust both, change the server, trust the new one only", async () => {
  await using secure = await startSecure();
  const { folder, authority, server, taken } = secure;
  const { link, downs } = await secure.join();
  await using _link = link;
  const caFile = join(folder, "ca.pem");
  const next = await makeAuthority({ name: "next" });
  replace(caFile, `${authority.certificate}${next.certificate}`);
  await eventually("both are trusted", () => taken() === 1);
  await serverCertificate(folder, next);
  await server.reload(tlsConfig(folder));
  await carries(link);
  replace(caFile, next.certificate);
  await eventually("the new one is trusted", () => taken() === 2);
  await carries(link);
  assert.equal(downs(), 0);
  assert.deepEqual(
    secure.said.filter((line) => !line.includes("takes up")),
    [],
  );
});

test("a CA that does not vouch for the server is told, and the connection stays", async () => {
  await using secure = await startSecure();
  const { link, downs } = await secure.join();
  await using _link = link;
  const wrong = await makeAuthority({ name: "wrong" });
  replace(join(secure.folder, "ca.pem"), wrong.certificate);
  const told = () => secure.said.some((line) => /tls\.caFile.*the old ones stay in use/.test(line));
  await eventually("it is told", told);
  await carries(link);
  assert.equal(downs(), 0);
  assert.equal(secure.taken(), 0);
});

test("client certificates are changed under mutual TLS, and a broken file changes nothing", async () => {
  await using secure = await startSecure("verify: true");
  const { folder, authority, said, taken } = secure;
  const files = await clientCertificate(folder, authority, "ada");
  const { link, downs } = await secure.join(files);
  await using _link = link;
  await clientCertificate(folder, authority, "ada");
  await eventually("the new one is used", () => taken() === 1);
  await carries(link);
  replace(files.certFile, "garbage");
  const told = () => said.some((line) => /ada\.pem must hold.*the old ones stay in use/.test(line));
  await eventually("it is told", told);
  await carries(link);
  await clientCertificate(folder, authority, "ada");
  await eventually("a good one is used", () => taken() === 2);
  await carries(link);
  assert.equal(downs(), 0);
});
