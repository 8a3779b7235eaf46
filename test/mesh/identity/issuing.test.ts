import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import {
  createKey,
  formatCredentials,
  type Key,
  keyFromSeed,
  parseCredentials,
  type Scope,
} from "../../../libs/identity/index.ts";
import { eventually } from "../../../libs/testing/eventually.ts";
import { runNatsCli } from "../../../libs/testing/nats-cli.ts";
import { type NatsServer, startNats } from "../../../libs/testing/nats-server.ts";
import { dial } from "../../support/dial.ts";
import { forge, Issuer } from "../../unit/identity/issuer.ts";

const observerKey = createKey("account");
const observer: Scope = {
  key: observerKey.publicKey,
  role: "role:observer",
  skills: [],
  vouches: false,
  permissions: { publish: [], subscribe: ["_INBOX.{{name()}}.>", "open.{{name()}}.*"] },
};
const issuer = new Issuer();
const systemKey = createKey("account");
const systemScope: Scope = {
  ...observer,
  key: systemKey.publicKey,
  role: "role:system",
  permissions: { publish: ["$SYS.>"], subscribe: ["$SYS.>", "_INBOX.>"] },
};
const operatorJwt = await issuer.operatorJwt();
const systemJwt = await issuer.accountJwt({
  name: "SYS",
  account: issuer.system.publicKey,
  scopes: [systemScope],
});

/** The lines of a server that trusts our operator and knows this account. */
async function lines(revocations: Readonly<Record<string, Date>> = {}): Promise<string> {
  const scopes = [issuer.scope, observer];
  return preloaded(await issuer.accountJwt({ scopes, revocations }));
}

function preloaded(accountJwt: string): string {
  const preload = { [issuer.system.publicKey]: systemJwt, [issuer.account.publicKey]: accountJwt };
  return [
    `operator: "${operatorJwt}"`,
    `system_account: ${issuer.system.publicKey}`,
    "resolver: MEMORY",
    `resolver_preload: ${JSON.stringify(preload)}`,
  ].join("\n");
}

async function credentials(change: Parameters<Issuer["userJwt"]>[1] = {}): Promise<string> {
  const user = createKey("user");
  return formatCredentials(await issuer.userJwt(user, change), user);
}

function enter(server: NatsServer, creds: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  return dial({
    servers: server.url,
    authenticator,
    reconnect: false,
    inboxPrefix: "_INBOX.eve",
  });
}

async function refuses(
  server: NatsServer,
  creds: string,
  why = /Authorization Violation/i,
): Promise<void> {
  await assert.rejects(enter(server, creds), why);
}

/** Credentials as their owner could bend them: what was issued, changed and signed by another key. */
async function bent(signer: Key, change: Parameters<typeof forge>[2]): Promise<string> {
  const { jwt, key } = parseCredentials(await credentials());
  return formatCredentials(forge(jwt, signer, change), key);
}

test("a real server lets in whom we issued, and allows what the scope says and nothing else", async () => {
  await using server = await startNats({ config: await lines() });
  const me = await enter(server, await credentials());
  const denials: string[] = [];
  (async () => {
    for await (const status of me.status()) {
      if (status.type === "error") denials.push(status.error.message);
    }
  })().catch(() => undefined);
  me.publish("mesh.presence.summarizer.i1", "here");
  await me.flush();
  assert.equal(denials.length, 0);
  me.publish("mesh.presence.librarian.i1", "here");
  await eventually("the denial", () =>
    denials.some((text) => text.includes("mesh.presence.librarian.i1")),
  );
  await me.close();
});

test("a template gives each name its own subjects, and an empty list of publications none", async () => {
  await using server = await startNats({ config: await lines() });
  const eve = await enter(server, await credentials({ name: "eve", signer: observerKey }));
  const heard: unknown[] = [];
  const callback = (error: Error | null) => {
    heard.push(error);
  };
  eve.subscribe("open.eve.x", { callback });
  await eve.flush();
  assert.deepEqual(heard, []);
  eve.subscribe("open.bob.x", { callback });
  await eventually("the denied subscription", () => heard.length === 1);
  const status = eve.status()[Symbol.asyncIterator]();
  eve.publish("open.eve.x", "nothing may be published");
  const { value } = await status.next();
  assert.match(String(value?.type === "error" && value.error.message), /open\.eve\.x/);
  await eve.close();
});

test("the nats CLI takes our credentials", async () => {
  await using server = await startNats({ config: await lines() });
  const folder = mkdtempSync(join(tmpdir(), "myelin-creds-"));
  const path = join(folder, "summarizer.creds");
  writeFileSync(path, await credentials(), { mode: 0o600 });
  const run = await runNatsCli(["--creds", path, "pub", "mesh.presence.summarizer.i1", "x"], {
    url: server.url,
  });
  rmSync(folder, { recursive: true });
  assert.equal(run.code, 0, run.stderr);
});

test("a real server refuses whom another operator or another account issued", async () => {
  await using server = await startNats({ config: await lines() });
  const other = new Issuer();
  const user = createKey("user");
  await refuses(server, formatCredentials(await other.userJwt(user), user));
  const posing = await bent(other.agent, () => undefined);
  await refuses(server, posing);
});

test("a real server keeps everybody out of an account that another operator signed", async () => {
  const other = new Issuer();
  const theirs = await issuer.accountJwt({ signer: other.signing });
  await using server = await startNats({ config: preloaded(theirs) });
  await refuses(server, await credentials());
});

test("a real server refuses a user that the account's own key signed, or that adds a permission", async () => {
  await using server = await startNats({ config: await lines() });
  await refuses(server, await bent(issuer.account, () => undefined));
  await refuses(
    server,
    await bent(issuer.agent, ({ nats }) => Object.assign(nats, { pub: { allow: [">"] } })),
  );
});

test("a real server refuses who expired or is not yet valid, and sends away who expires", async () => {
  await using server = await startNats({ config: await lines() });
  const now = Date.now();
  await refuses(
    server,
    await credentials({ expiresAt: new Date(now - 10_000) }),
    /Expired|Violation/i,
  );
  await refuses(server, await credentials({ notBefore: new Date(now + 3_600_000) }));
  const me = await enter(server, await credentials({ expiresAt: new Date(Date.now() + 4_000) }));
  const why = await me.closed();
  assert.match(String(why), /Expired/i);
});

for (const whom of ["one user", "everybody"]) {
  test(`a real server sends away and refuses after ${whom} was revoked, and takes new credentials`, async () => {
    await using server = await startNats({ config: await lines() });
    const creds = await credentials();
    const { key } = parseCredentials(creds);
    const me = await enter(server, creds);
    const revoked = whom === "one user" ? key.publicKey : "*";
    const at = new Date();
    await server.reload(await lines({ [revoked]: at }));
    assert.match(String(await me.closed()), /Revoked|Violation/i);
    await refuses(server, creds, /Revoked|Violation/i);
    // A JWT says only in which second it was issued: the next one is the first that counts as later.
    await eventually(
      "the next second",
      () => Date.now() >= (Math.floor(at.getTime() / 1_000) + 1) * 1_000,
    );
    const again = keyFromSeed(key.seedText());
    const renewed = formatCredentials(await issuer.userJwt(again), again);
    const back = await enter(server, renewed);
    await back.close();
  });
}
