import assert from "node:assert/strict";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "@myelin/mesh";
import { programServer } from "@myelin/mesh/program";
import { createKey } from "../../libs/identity/index.ts";
import { Link } from "../../libs/nats/index.ts";
import { eventually } from "../../libs/testing/eventually.ts";
import { replace } from "../support/authority.ts";
import { startIssued } from "../support/issued.ts";
import { movedMs } from "../support/moved.ts";
import { keeping } from "../support/rotating.ts";

type Issued = Awaited<ReturnType<typeof startIssued>>;

/** A link with credentials from a file, what it says, and how often it was down. */
async function joined(mesh: Issued, credentials = mesh.path("editor")) {
  const said: string[] = [];
  const link = await Link.connect({
    ...{ servers: [mesh.server.url], name: "editor/1", credentials },
    onTrouble: (trouble) => said.push(trouble.message),
    onNotice: ({ text }) => said.push(text),
  });
  let downs = 0;
  link.onDown(() => downs++);
  const says = (pattern: RegExp) => said.some((line) => pattern.test(line));
  return { link, said, says, downs: () => downs };
}

async function readyz(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

test("a file that is broken, or of another name, changes nothing and is told", async () => {
  await using mesh = await startIssued();
  await mesh.renew("editor");
  const { link, said, says, downs } = await joined(mesh);
  await using _link = link;
  const before = link.credentials;
  replace(mesh.path("editor"), "garbage");
  await eventually("it is told", () => says(/no whole block.*the old ones stay in use/));
  replace(mesh.path("editor"), await mesh.issue("writer"));
  await eventually("it is told", () => says(/are writer's.*the old ones stay in use/));
  assert.equal(link.credentials, before);
  await link.flush();
  assert.equal(downs(), 0);
  await mesh.renew("editor");
  await eventually("a good one is used", () => link.credentials !== before);
  assert.equal(downs(), 0);
  // It is told when the change is over, a moment after the new ones are used.
  await eventually("that is told as well", () => said.length >= 3);
  assert.equal(said.length, 3, said.join());
});

test("credentials that the server refuses are told, and the old ones stay in use, also for a reconnect", async () => {
  await using mesh = await startIssued();
  await mesh.renew("editor");
  const { link, says, downs } = await joined(mesh);
  await using _link = link;
  const before = link.credentials;
  replace(mesh.path("editor"), await mesh.issue("editor", {}, createKey("account"), mesh.account));
  await eventually("it is told", () => says(/check the credentials.*the old ones stay/));
  await link.flush();
  assert.equal(downs(), 0);
  await mesh.server.kill();
  await eventually("it is down", () => !link.isUp);
  await mesh.server.restart();
  await eventually("it is back", () => link.isUp);
  assert.equal(link.credentials, before);
});

test("a folder that is swapped by a link, as Kubernetes does, is noticed", async () => {
  await using mesh = await startIssued();
  const folder = join(mesh.folder, "mounted");
  const version = async (name: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "editor.creds"), await mesh.issue("editor"), { mode: 0o600 });
    symlinkSync(name, join(folder, "..data.new"));
    renameSync(join(folder, "..data.new"), join(folder, "..data"));
  };
  await version("..one");
  symlinkSync("..data/editor.creds", join(folder, "editor.creds"));
  const { link, downs } = await joined(mesh, join(folder, "editor.creds"));
  await using _link = link;
  const before = link.credentials;
  await version("..two");
  await eventually("the new ones are used", () => link.credentials !== before);
  await link.flush();
  assert.equal(downs(), 0);
});

test("who is revoked is cut off at once, says so, and is back with new credentials", async () => {
  await using mesh = await startIssued();
  const old = await mesh.renew("editor");
  const { link, downs } = await joined(mesh);
  await using _link = link;
  const started = movedMs();
  await mesh.revoke(old);
  await eventually("it is cut off", () => !link.isUp, { everyMs: 5 });
  assert.ok(movedMs() - started < 1_000);
  await eventually("it says why", () => /revoked/i.test(link.whyDown ?? ""));
  await eventually(
    "it keeps saying so",
    () => downs() === 1 && /revoked.*identity add editor/i.test(link.whyDown ?? ""),
  );
  assert.throws(() => link.publish("open.x", "x"), { code: "unavailable", message: /revoked/i });
  await mesh.renew("editor");
  await eventually("it is back", () => link.isUp);
  assert.equal(link.whyDown, undefined);
  await link.flush();
});

test("credentials that are replaced while the broker is away are used when it is back", async () => {
  await using mesh = await startIssued();
  const old = await mesh.renew("editor");
  const { link } = await joined(mesh);
  await using _link = link;
  await mesh.server.kill();
  await eventually("it is down", () => !link.isUp);
  const fresh = await mesh.renew("editor");
  await eventually("it has read them", () => fresh.includes(link.credentials?.jwt ?? "-"));
  await mesh.server.restart();
  await eventually("it is back", () => link.isUp);
  await mesh.revoke(old);
  await link.flush();
  assert.equal(link.isUp, true);
});

test("expiry is warned of, shown as a metric, said in readyz, and over with new credentials", async () => {
  await using mesh = await startIssued();
  // So long that a machine that stands still sleeps neither through what comes before nor from the warning to the end.
  const expiresAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 10_000);
  await mesh.renew("editor", { expiresAt });
  const log = keeping();
  await using editor = await connect({
    ...{ name: "editor", servers: mesh.server.url, credentials: mesh.path("editor") },
    logger: log.logger,
  });
  await using program = await programServer({ port: 0, mesh: editor });
  assert.equal((await readyz(program.url)).status, 200);
  const metrics = await (await fetch(`${program.url}/metrics`)).text();
  const gauge = `mesh_credentials_expiry_timestamp_seconds{agent="editor",what="credentials"} ${expiresAt.getTime() / 1_000}`;
  assert.ok(metrics.includes(gauge), metrics);
  await eventually("it is cut off", () => !editor.isUp, { timeoutMs: 40_000 });
  assert.ok(log.count(/warn the credentials of editor will expire in .*identity renew/) >= 1);
  await eventually(
    "it warns of the end",
    () => log.count(/warn the credentials of editor expired at/) === 1,
  );
  // A server compares whole seconds: until this one is over it may let them in once more, and cut them off at once.
  const takesThem = () => Date.now() < expiresAt.getTime() + 1_000;
  await eventually("it is down for good", () => !takesThem() && !editor.isUp);
  const { status, text } = await readyz(program.url);
  assert.equal(status, 503);
  assert.match(text, /not ready: the credentials of editor expired at 20.*identity renew editor/);
  await mesh.renew("editor");
  await eventually("it is back", () => editor.isUp);
  assert.equal((await readyz(program.url)).status, 200);
});
