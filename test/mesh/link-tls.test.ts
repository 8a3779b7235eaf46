import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TLSSocket } from "node:tls";
import { Link, type LinkOptions } from "../../libs/nats/index.ts";
import { issueServerCertificate } from "../../libs/operate/tls/index.ts";
import { eventually } from "../../libs/testing/eventually.ts";
import { startNats } from "../../libs/testing/nats-server.ts";
import { certify, clientCertificate, tlsConfig } from "../support/authority.ts";
import { Cable } from "../support/cable.ts";

/** A server that takes TLS only, and the file of the CA that vouches for it. */
async function startSecure(more = "", names?: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "myelin-tls-"));
  const authority = await certify(folder, names);
  const server = await startNats({ config: tlsConfig(folder, more) });
  const to = (options: Partial<LinkOptions>) =>
    Link.connect({ servers: [server.url], name: "a", ...options });
  return {
    ...{ server, folder, authority, to, caFile: join(folder, "ca.pem") },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

test("a link over TLS carries messages, and comes back after a restart", async () => {
  await using secure = await startSecure();
  const { server, caFile } = secure;
  for (const options of [{ tls: { caFile } }, { nats: { tls: { caFile } } }]) {
    await using link = await secure.to(options);
    let heard = 0;
    link.subscribe("a", () => heard++);
    link.publish("a", new Uint8Array(0));
    await link.flush();
    assert.equal(heard, 1);
    await server.kill();
    await eventually("it is down", () => !link.isUp);
    await server.restart();
    await eventually("it is up", () => link.isUp);
  }
});

test("a handshake that is cut off is begun anew, a few times", async () => {
  await using secure = await startSecure();
  const { server, caFile } = secure;
  await using rough = await Cable.lay(server.port, 3);
  await using link = await secure.to({ servers: [rough.url], tls: { caFile } });
  assert.deepEqual([link.isUp, rough.hangUps], [true, 0]);
  await using hopeless = await Cable.lay(server.port, 100);
  await assert.rejects(secure.to({ servers: [hopeless.url], tls: { caFile } }), {
    code: "unavailable",
    message: /disconnected before secure TLS/,
  });
  assert.equal(hopeless.hangUps, 96);
});

test("a server whose certificate nobody vouches for is refused, with what to do", async () => {
  await using secure = await startSecure();
  await using other = await startSecure();
  for (const options of [
    {},
    { tls: {} },
    { tls: { caFile: other.caFile } },
    { tls: false },
  ] as const)
    await assert.rejects(secure.to(options), { code: "unavailable", message: /tls\.caFile/ });
});

test("a certificate for another host is refused, also where an address was dialled", async () => {
  await using named = await startSecure("", ["elsewhere.example"]);
  await assert.rejects(named.to({ tls: { caFile: named.caFile } }), {
    code: "unavailable",
    message: /certificate is for other names/,
  });
  await using addressed = await startSecure("", ["127.0.0.2"]);
  await assert.rejects(addressed.to({ tls: { caFile: addressed.caFile } }), /other names/);
  await using right = await startSecure("", ["127.0.0.1"]);
  await using link = await right.to({ tls: { caFile: right.caFile } });
  assert.equal(link.isUp, true);
});

test("an expired certificate is refused, with what to do", async () => {
  await using secure = await startSecure();
  const { certificate, key } = await issueServerCertificate(secure.authority, {
    days: 1,
    now: new Date(Date.now() - 3 * 86_400_000),
  });
  writeFileSync(join(secure.folder, "server.pem"), certificate);
  writeFileSync(join(secure.folder, "server.key"), key);
  await secure.server.reload(tlsConfig(secure.folder));
  await assert.rejects(secure.to({ tls: { caFile: secure.caFile } }), /not valid now/);
});

test("plain text is refused where TLS is asked for: by option, by URL, or by credentials and a host elsewhere", async () => {
  await using plain = await startNats();
  const servers = [plain.url];
  await assert.rejects(Link.connect({ servers, name: "a", tls: {} }), /speaks plain text only/);
  const url = plain.url.replace("nats:", "tls:");
  await assert.rejects(Link.connect({ servers: [url], name: "a" }), /speaks plain text only/);
  await using link = await Link.connect({ servers, name: "a" });
  assert.equal(link.isUp, true);
});

test("files that are not there, garbage, cut off, of two pairs, or open to others are refused by name", async () => {
  await using secure = await startSecure();
  const { caFile, folder, authority } = secure;
  const garbage = join(folder, "garbage.pem");
  writeFileSync(garbage, "garbage");
  const refused = (tls: object, message: RegExp) =>
    assert.rejects(secure.to({ tls: { caFile, ...tls } }), { message });
  await refused({ caFile: "/nowhere/ca.pem" }, /tls\.caFile: there is no file \/nowhere\/ca\.pem/);
  await refused({ caFile: garbage }, /garbage\.pem must hold certificates/);
  writeFileSync(garbage, authority.certificate.slice(0, -40));
  await refused({ caFile: garbage }, /whole ones only/);
  const ada = await clientCertificate(folder, authority, "ada");
  const bob = await clientCertificate(folder, authority, "bob");
  await refused({ certFile: ada.certFile }, /belong together/);
  await refused({ ...ada, keyFile: bob.keyFile }, /do not belong together/);
  chmodSync(ada.keyFile, 0o644);
  await refused(ada, /read by everybody.*chmod 600/);
  await refused({ cafile: caFile }, /tls\.cafile is not known/);
});

test("a server that wants a certificate says so, and takes one of its CA", async () => {
  await using secure = await startSecure("verify: true");
  const { caFile, folder, authority } = secure;
  const own = await clientCertificate(folder, authority, "ada");
  await using link = await secure.to({ tls: { caFile, ...own } });
  assert.equal(link.isUp, true);
  await assert.rejects(secure.to({ tls: { caFile } }), {
    code: "unavailable",
    message: /wants a certificate of ours.*tls\.certFile/,
  });
});

test("handshake-first works where both have it, and is named where one has it not", async () => {
  await using first = await startSecure("handshake_first: true\n timeout: 2");
  const { caFile } = first;
  await using link = await first.to({ tls: { caFile, handshakeFirst: true } });
  assert.equal(link.isUp, true);
  await assert.rejects(first.to({ tls: { caFile } }), {
    message: /silent or hung up.*handshakeFirst/,
  });
  await using usual = await startSecure();
  await assert.rejects(usual.to({ tls: { caFile: usual.caFile, handshakeFirst: true } }), {
    message: /leave out tls\.handshakeFirst/,
  });
});

test("TLS older than 1.2 is refused", async () => {
  await using secure = await startSecure();
  const { certificate, key } = await issueServerCertificate(secure.authority);
  const old = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(
      'INFO {"server_id":"x","version":"2.15.2","proto":1,"max_payload":1024,"tls_required":true}\r\n',
    );
    const tls = new TLSSocket(socket, {
      ...{ isServer: true, cert: certificate, key, minVersion: "TLSv1", maxVersion: "TLSv1.1" },
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    tls.on("error", () => {});
  });
  await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
  const { port } = old.address() as { readonly port: number };
  try {
    const options = { servers: [`nats://127.0.0.1:${port}`], name: "a" };
    await assert.rejects(Link.connect({ ...options, tls: { caFile: secure.caFile } }), {
      code: "unavailable",
      message: /no TLS of 1\.2 or newer/,
    });
  } finally {
    old.close();
  }
});
