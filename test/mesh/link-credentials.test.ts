import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createKey } from "../../libs/identity/index.ts";
import { Link, type LinkOptions } from "../../libs/nats/index.ts";
import { eventually } from "../../libs/testing/eventually.ts";
import { startIssued } from "../support/issued.ts";

type Issued = Awaited<ReturnType<typeof startIssued>>;

function joining(mesh: Issued, options: Partial<LinkOptions>): Promise<Link> {
  return Link.connect({ servers: [mesh.server.url], name: "editor/1", ...options });
}

test("credentials log in from a file, a text and a folder", async () => {
  await using mesh = await startIssued();
  const text = await mesh.renew("editor");
  for (const credentials of [mesh.path("editor"), { text }, { folder: mesh.folder }]) {
    await using link = await joining(mesh, { credentials });
    let heard = 0;
    link.subscribe("_INBOX.editor.1.*", () => heard++);
    link.publish("_INBOX.editor.1.x", "hello");
    await link.flush();
    assert.equal(heard, 1);
  }
});

test("a missing login is refused with what to do", async () => {
  await using mesh = await startIssued();
  await assert.rejects(joining(mesh, {}), { code: "permission_denied", message: /`credentials`/ });
});

test("credentials of another name are refused before anything is sent, naming both", async () => {
  await using mesh = await startIssued();
  await mesh.renew("writer");
  await assert.rejects(joining(mesh, { credentials: mesh.path("writer") }), {
    code: "invalid_argument",
    message: /are writer's.*name is editor/,
  });
});

test("credentials that are over, or not yet begun, say when; five minutes of skew are forgiven", async () => {
  await using mesh = await startIssued();
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  const over = { text: await mesh.issue("editor", { expiresAt: at(-6) }) };
  await assert.rejects(joining(mesh, { credentials: over }), {
    code: "permission_denied",
    message: /expired at 20.*identity renew editor/,
  });
  const early = { text: await mesh.issue("editor", { notBefore: at(6) }) };
  await assert.rejects(joining(mesh, { credentials: early }), {
    code: "permission_denied",
    message: /not valid before 20.*check the clock/,
  });
  // Within the skew it is the server that judges.
  const nearly = { text: await mesh.issue("editor", { expiresAt: at(-1) }) };
  await assert.rejects(joining(mesh, { credentials: nearly }), { code: "permission_denied" });
});

test("credentials of another account, another operator or a tampered JWT are refused with what to do", async () => {
  await using mesh = await startIssued();
  await using other = await startIssued();
  const foreign = { text: await other.issue("editor") };
  await assert.rejects(joining(mesh, { credentials: foreign }), {
    code: "permission_denied",
    message: /another operator or account.*identity renew/,
  });
  const stray = createKey("account");
  const unsigned = { text: await mesh.issue("editor", {}, stray, mesh.account) };
  await assert.rejects(joining(mesh, { credentials: unsigned }), { code: "permission_denied" });
  const good = await mesh.issue("editor");
  const tampered = {
    text: good.replace(/\.([A-Za-z0-9_-]{20})/, (part) => part.split("").reverse().join("")),
  };
  await assert.rejects(joining(mesh, { credentials: tampered }), {
    code: "invalid_argument",
    message: /credentials\.text/,
  });
});

test("revoked credentials are refused with what to do", async () => {
  await using mesh = await startIssued();
  const text = await mesh.renew("editor");
  await mesh.revoke(text);
  await assert.rejects(joining(mesh, { credentials: { text } }), {
    code: "permission_denied",
    message: /revoked.*identity renew/,
  });
});

test("a file that others may read, is not there, or is garbage is refused with what to do", async () => {
  await using mesh = await startIssued();
  await mesh.renew("editor");
  const credentials = mesh.path("editor");
  chmodSync(credentials, 0o644);
  await assert.rejects(joining(mesh, { credentials }), { message: /read by everybody.*chmod 600/ });
  chmodSync(credentials, 0o640);
  await assert.rejects(joining(mesh, { credentials }), { message: /read by its group.*chmod 600/ });
  await assert.rejects(joining(mesh, { credentials: join(mesh.folder, "none.creds") }), {
    code: "invalid_argument",
    message: /there is no file .*none\.creds.*identity add editor/,
  });
  await assert.rejects(joining(mesh, { credentials: mesh.folder }), { message: /is a folder/ });
  const garbage = join(mesh.folder, "garbage.creds");
  writeFileSync(garbage, "garbage", { mode: 0o600 });
  await assert.rejects(joining(mesh, { credentials: garbage }), {
    code: "invalid_argument",
    message: /garbage\.creds.*no whole block/,
  });
});

test("a guest joins a development mesh under any name, with credentials made on the spot and kept", async () => {
  await using mesh = await startIssued();
  const folder = join(mesh.folder, "guests");
  mkdirSync(folder);
  writeFileSync(join(folder, "guest.seed"), mesh.scope.seedText(), { mode: 0o600 });
  writeFileSync(join(folder, "guest.json"), JSON.stringify({ account: mesh.account }));
  await using first = await joining(mesh, { name: "newcomer/1", credentials: { folder } });
  await using second = await joining(mesh, { name: "newcomer/2", credentials: { folder } });
  await eventually("both are up", () => first.isUp && second.isUp);
  assert.equal(first.credentials?.key.publicKey, second.credentials?.key.publicKey);
});

test("what is given wrongly is refused by its form, and no secret is shown", async () => {
  await using mesh = await startIssued();
  const text = await mesh.issue("editor");
  const [seed = ""] = /SU[A-Z2-7]{56}/.exec(text) ?? [];
  assert.notEqual(seed, "");
  const wrong: readonly unknown[] = [
    text,
    { seed },
    { text: seed },
    { text: seed.repeat(2) },
    "",
    7,
  ];
  for (const credentials of wrong) {
    const options = { credentials } as Partial<LinkOptions>;
    await assert.rejects(joining(mesh, options), (error: Error) => {
      assert.match(error.message, /^invalid_argument: credentials/);
      assert.ok(!error.message.includes(seed.slice(4, 24)), error.message);
      return true;
    });
  }
});
