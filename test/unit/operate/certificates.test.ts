import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, isIP } from "node:net";
import { test } from "node:test";
import { connect, createServer, type TlsOptions } from "node:tls";
import {
  issueClientCertificate,
  issueServerCertificate,
  makeAuthority,
  readAuthority,
  readCertificate,
} from "../../../libs/operate/tls/index.ts";

const authority = await makeAuthority();
const other = await makeAuthority();

/** Shakes hands with a server; resolves with what both sides know of the client, throws what the client says. */
async function shake(server: TlsOptions, client: { ca: string; host?: string; pair?: Identity }) {
  const listening = createServer({ ...server, minVersion: "TLSv1.2" });
  listening.on("tlsClientError", () => {});
  const accepted = once(listening, "secureConnection").catch(() => []);
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const { host = "localhost", pair } = client;
  const socket = connect({
    ...{ port, host: "127.0.0.1", ca: client.ca },
    // Node checks the name as it was dialled, or the one that is to be there.
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
  });
  try {
    await once(socket, "secureConnect");
    const [peer] = await accepted;
    return peer.authorized as boolean;
  } finally {
    socket.destroy();
    listening.close();
  }
}

interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const as = ({ certificate, key }: Identity): TlsOptions => ({ cert: certificate, key });

test("a server's certificate is accepted under each of its names", async () => {
  const names = ["mesh.example.com", "127.0.0.1", "::1"];
  const server = await issueServerCertificate(authority, { names });
  for (const host of ["mesh.example.com", "127.0.0.1"]) {
    await shake(as(server), { ca: authority.certificate, host });
  }
  assert.deepEqual(readCertificate(server.certificate).hosts.slice(0, 2), names.slice(0, 2));
  assert.ok(new X509Certificate(server.certificate).checkIP("::1"));
});

test("a server is refused under another name, and by who trusts another authority", async () => {
  const server = await issueServerCertificate(authority, { names: ["mesh.example.com"] });
  const wrongName = shake(as(server), { ca: authority.certificate, host: "else.example.com" });
  await assert.rejects(wrongName, { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  // Both authorities have the same name: what counts is the key.
  const wrongAuthority = shake(as(server), { ca: other.certificate, host: "mesh.example.com" });
  await assert.rejects(wrongAuthority, /signature|unable to verify|self-signed/);
});

test("a client's certificate is accepted by a server that asks for one, and only its own kind", async () => {
  const server = as(await issueServerCertificate(authority));
  const demanding = { ...server, requestCert: true, rejectUnauthorized: false };
  const client = await issueClientCertificate(authority, { name: "summarizer" });
  const asked = { ...demanding, ca: authority.certificate };
  const ca = authority.certificate;
  assert.equal(await shake(asked, { ca, pair: client }), true);
  assert.equal(await shake(asked, { ca }), false);
  const strangers = await issueClientCertificate(other, { name: "summarizer" });
  assert.equal(await shake(asked, { ca, pair: strangers }), false);
  // A client that is taken over cannot pass for a server.
  await assert.rejects(shake(as(client), { ca }), /purpose|ALTNAME|Hostname/i);
});

test("an authority may sign, what it signs may not", async () => {
  const leaf = await issueServerCertificate(authority);
  assert.equal(readCertificate(authority.certificate).isAuthority, true);
  assert.equal(readCertificate(leaf.certificate).isAuthority, false);
  const below = await issueServerCertificate(leaf);
  const chain = { cert: below.certificate + leaf.certificate, key: below.key };
  await assert.rejects(
    shake(chain, { ca: authority.certificate }),
    /certificate signing|invalid CA/i,
  );
});

test("an authority is valid for ten years, a certificate for one and never longer than it", async () => {
  const now = new Date("2031-05-01T12:00:00Z");
  const young = await makeAuthority({ now });
  const server = await issueServerCertificate(young, { now });
  const until = ({ certificate }: Identity) => readCertificate(certificate).expiresAt.toISOString();
  assert.equal(until(young), "2041-04-28T12:00:00.000Z");
  assert.equal(until(server), "2032-04-30T12:00:00.000Z");
  const short = await makeAuthority({ now, days: 30 });
  assert.equal(until(await issueServerCertificate(short, { now })), "2031-05-31T12:00:00.000Z");
});

test("a certificate holds for a clock that is five minutes behind", async () => {
  const now = new Date("2031-05-01T12:00:00Z");
  const { certificate } = await makeAuthority({ now });
  assert.equal(readCertificate(certificate).validFrom.toISOString(), "2031-05-01T11:55:00.000Z");
});

test("an authority that is over issues nothing", async () => {
  const old = await makeAuthority({ now: new Date("2020-01-01"), days: 10 });
  await assert.rejects(issueServerCertificate(old), {
    code: "invalid_argument",
    message: /valid until 2020-01-11T00:00:00.000Z only; make a new one/,
  });
});

test("an authority is read back from its two files, and only when they belong together", async () => {
  const { certificate, key } = authority;
  assert.deepEqual(readAuthority(certificate, key), authority);
  const leaf = await issueServerCertificate(authority);
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    [certificate, other.key, /not that of the authority Myelin mesh/],
    [leaf.certificate, leaf.key, /not an authority's/],
    ["nothing", key, /no certificate in PEM/],
    [certificate, "nothing", /no private key in PEM/],
  ];
  for (const [cert, secret, message] of wrong) {
    assert.throws(() => readAuthority(cert, secret), { code: "invalid_argument", message });
  }
});

test("names and validities that make no certificate are refused by their option", async () => {
  for (const names of [[], ["a b"], ["-a.example"], ["*.com"], ["10.0.0"], ["a..b"]]) {
    const message = /names must be one or more host names or addresses/;
    await assert.rejects(issueServerCertificate(authority, { names }), { message });
  }
  for (const days of [0, -1, 1.5, 4_000, Number.NaN]) {
    const message = /days must be a whole number from 1 to 3650/;
    await assert.rejects(issueServerCertificate(authority, { days }), { message });
  }
  await assert.rejects(issueClientCertificate(authority, { name: "" }), {
    message: /name must be/,
  });
});
