import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { laterThan } from "../../libs/operate/home/later.ts";
import { deskMesh, HomeMesh } from "../support/home-mesh.ts";
import { movedMs } from "../support/moved.ts";
import { Witness } from "../support/witness.ts";

test("a revoked agent is cut off within a second and cannot come back; nobody else notices", async () => {
  await using mesh = await HomeMesh.start();
  await using editor = await Witness.join(mesh.access("editor"));
  await using librarian = await Witness.join(mesh.access("librarian"));
  // What was issued in this second can be outdone in the next one only.
  await laterThan(readFileSync(mesh.home.layout.account("desk").jwt, "utf8").trim());
  const before = movedMs();
  const { exit, out } = await mesh.run("identity", "revoke", "editor");
  assert.deepEqual({ exit, out }, { exit: 0, out: "editor is shut out of desk at once: 1 key\n" });
  await eventually("the editor is out", () => editor.cuts > 0);
  const tookMs = editor.cutAtMs - before;
  assert.ok(tookMs < 1_000, `${tookMs} ms`);
  await assert.rejects(Witness.join(mesh.access("editor")), denied);
  await librarian.flush();
  assert.equal(librarian.cuts, 0);
  assert.equal(editor.isUp, false);
});

test("who is revoked asks for its credentials as often as it may, and leaves nothing behind", async () => {
  await using mesh = await HomeMesh.start();
  const editor = await mesh.connect("editor");
  const warned: string[] = [];
  const onWarning = ({ name, message }: Error): void => void warned.push(`${name}: ${message}`);
  process.on("warning", onWarning);
  let refused = 0;
  const count = (): void => void refused++;
  subscribe("net.client.socket", count);
  try {
    await laterThan(readFileSync(mesh.home.layout.account("desk").jwt, "utf8").trim());
    assert.equal((await mesh.run("identity", "revoke", "editor")).exit, 0);
    await eventually("it was refused", () => /revoked/i.test(editor.whyDown ?? ""));
    assert.match(editor.whyDown ?? "", /`myelin identity add editor` makes new ones/);
    // Node warns of the eleventh listener.
    await eventually("it has tried again and again", () => refused > 14);
    assert.deepEqual(warned, []);
  } finally {
    unsubscribe("net.client.socket", count);
    process.off("warning", onWarning);
  }
});

test("revoking shuts out every key that a name was ever given", async () => {
  await using mesh = await HomeMesh.start();
  const first = readFileSync(mesh.creds("eve"), "utf8");
  assert.equal((await mesh.run("identity", "add", "eve")).exit, 0);
  const second = readFileSync(mesh.creds("eve"), "utf8");
  assert.notEqual(second, first);
  await using one = await Witness.join({ ...mesh.access("eve"), credentials: { text: first } });
  await using other = await Witness.join({ ...mesh.access("eve"), credentials: { text: second } });
  const { out } = await mesh.run("identity", "revoke", "eve");
  assert.match(out, /2 keys/);
  await eventually("both are out", () => one.cuts > 0 && other.cuts > 0);
});

test("a revoked name is not let in again by apply or renew, but by identity add", async () => {
  await using mesh = await HomeMesh.start();
  assert.equal((await mesh.run("apply")).exit, 0);
  assert.equal((await mesh.run("identity", "revoke", "editor")).exit, 0);
  assert.equal((await mesh.run("apply")).out, "nothing to do\n");
  const renewed = await mesh.run("identity", "renew", "editor");
  assert.equal(renewed.exit, 2);
  assert.match(renewed.err, /editor was revoked in desk: .*`myelin identity add editor`/);
  assert.doesNotMatch((await mesh.run("identity", "renew", "--all")).out, /editor/);
  await assert.rejects(Witness.join(mesh.access("editor")), denied);
  assert.equal((await mesh.run("identity", "add", "editor")).exit, 0);
  await using editor = await Witness.join(mesh.access("editor"));
  assert.ok(editor.isUp);
});

test("a revocation that no server heard is recorded, said to be so, and pushed by the next apply", async () => {
  await using mesh = await HomeMesh.start();
  await using editor = await Witness.join(mesh.access("editor"));
  await mesh.server.pause();
  const elsewhere = ["--server", "nats://127.0.0.1:1"];
  const { exit, err } = await mesh.run("identity", "revoke", "editor", ...elsewhere);
  assert.equal(exit, 3);
  assert.match(err, /recorded but not in force yet: run `myelin apply`/);
  mesh.server.resume();
  await editor.flush();
  assert.match((await mesh.run("identity", "ls")).out, /\neditor .* revoked, not pushed /);
  assert.match((await mesh.run("diff")).err, /servers may not know: desk\/editor; `myelin apply`/);
  assert.match((await mesh.run("apply", "--dry-run")).out, /would push desk\n/);
  const unseen = await mesh.run("apply", "--dry-run", ...elsewhere);
  assert.match(unseen.out, /would push .*\bdesk\b/);
  assert.match((await mesh.run("apply")).out, /pushed: desk\n/);
  await eventually("the editor is out", () => editor.cuts > 0 && !editor.isUp);
  assert.match((await mesh.run("identity", "ls")).out, /\neditor .* revoked +\d/);
  assert.equal((await mesh.run("apply", "--dry-run")).out, "nothing to do\n");
});

test("a guest that made its own credentials is revoked by its file", async () => {
  const mesh_yaml = deskMesh.replace("  desk:\n", "  desk:\n    guests: true\n");
  await using mesh = await HomeMesh.start({ mesh: mesh_yaml });
  const { folder } = mesh.home.layout.creds("desk");
  const access = { ...mesh.access("visitor"), credentials: { folder } };
  await using visitor = await Witness.join(access);
  const { exit, err } = await mesh.run("identity", "revoke", "visitor");
  assert.equal(exit, 0, err);
  await eventually("the visitor is out", () => visitor.cuts > 0 && !visitor.isUp);
  await assert.rejects(Witness.join(access), denied);
});

test("the keeper is revoked in the workspace and in its store", async () => {
  const mesh_yaml = `${deskMesh}      keeper: { members: [keeper] }\n`;
  await using mesh = await HomeMesh.start({ mesh: mesh_yaml });
  await using keeper = await Witness.join(mesh.access("keeper"));
  await using inStore = await Witness.join(mesh.access("keeper", "desk-store"));
  const { out } = await mesh.run("identity", "revoke", "keeper");
  assert.match(out, /shut out of desk and desk-store at once: 2 keys|desk-store and desk at once/);
  await eventually("both are out", () => keeper.cuts > 0 && inStore.cuts > 0);
});

test("renewing keeps the key, moves the expiry, and disturbs no connection", async () => {
  await using mesh = await HomeMesh.start();
  await using editor = await Witness.join(mesh.access("editor"));
  const [before] = await views(mesh, "editor");
  const { exit } = await mesh.run("identity", "renew", "editor", "--days", "90");
  assert.equal(exit, 0);
  const [after] = await views(mesh, "editor");
  assert.equal(after?.user, before?.user);
  const days = (Date.parse(after?.expires ?? "") - Date.now()) / 86_400_000;
  assert.ok(days > 89.9 && days <= 90, `${days} days`);
  await editor.flush();
  await using again = await Witness.join(mesh.access("editor"));
  assert.ok(again.isUp);
});

test("identity ls and show tell who has what, and until when", async () => {
  await using mesh = await HomeMesh.start();
  await mesh.run("identity", "revoke", "eve");
  const { out } = await mesh.run("identity", "ls");
  assert.match(out, /^NAME +ACCOUNT +ROLE +STATE +EXPIRES +KEY\n/);
  assert.match(
    out,
    /\neditor +desk +agent:editor +valid +\d{4}-\d\d-\d\d \d\d:\d\d +U[A-Z2-7]{7}…\n/,
  );
  assert.match(out, /\neve +desk +role:observer +revoked /);
  const shown = await mesh.run("identity", "show", "editor");
  assert.match(shown.out, /publish +mesh\.call\.librarian\.read\.\*\.editor\n/);
  assert.match(shown.out, /skills +edit\n/);
  const none = await mesh.run("identity", "show", "nobody");
  assert.match(none.err, /nothing was issued to nobody; `myelin identity ls`/);
});

test("a name that mesh.yaml does not have gets no credentials, and learns which line would give it some", async () => {
  await using mesh = await HomeMesh.start();
  const { exit, err } = await mesh.run("identity", "add", "mallory");
  assert.equal(exit, 2);
  assert.match(err, /mallory is not in mesh\.yaml; add it to workspaces\.desk\.agents or/);
});

async function views(mesh: HomeMesh, name: string): Promise<{ user: string; expires: string }[]> {
  const { out } = await mesh.run("identity", "show", name, "--json");
  return JSON.parse(out);
}

function denied(error: unknown): boolean {
  return isMeshError(error, MeshCode.PermissionDenied);
}
