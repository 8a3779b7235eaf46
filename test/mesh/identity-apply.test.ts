import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { applyPlan, planApply, readMeshFile } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { createKey, issueAccount } from "../../libs/identity/index.ts";
import { deskMesh, filesIn, HomeMesh } from "../support/home-mesh.ts";
import { Witness } from "../support/witness.ts";

const narrower = deskMesh.replace(", calls: [librarian.read]", "");
const bigger = deskMesh.replace("members: [eve]", "members: [eve, adam]");

test("apply reconnects the agents whose grants changed, and nobody else", async () => {
  await using mesh = await HomeMesh.start();
  await using editor = await Witness.join(mesh.access("editor"));
  await using librarian = await Witness.join(mesh.access("librarian"));
  await using ops = await Witness.join(mesh.access("ops"));
  write(mesh, narrower);
  const { exit, out } = await mesh.run("apply");
  assert.equal(exit, 0);
  assert.match(out, /^- desk: agent editor may call librarian\.read\n/);
  assert.match(out, /pushed: desk\n/);
  assert.match(out, /applied as version 2\n$/);
  await eventually("the editor was cut and is back", () => editor.cuts === 1 && editor.isUp);
  await librarian.flush();
  await ops.flush();
  assert.deepEqual([librarian.cuts, ops.cuts], [0, 0]);
});

test("apply done twice does nothing the second time, not even to a file", async () => {
  await using mesh = await HomeMesh.start();
  write(mesh, bigger);
  assert.equal((await mesh.run("apply")).exit, 0);
  const before = filesIn(mesh.home.folder);
  const { exit, out } = await mesh.run("apply");
  assert.deepEqual({ exit, out }, { exit: 0, out: "nothing to do\n" });
  assert.deepEqual(filesIn(mesh.home.folder), before);
});

test("apply makes credentials for who is new, and touches none of the others", async () => {
  await using mesh = await HomeMesh.start();
  const before = readFileSync(mesh.creds("eve"), "utf8");
  write(mesh, bigger);
  const { out } = await mesh.run("apply", "--json");
  const { credentials } = JSON.parse(out);
  assert.deepEqual(
    credentials.map(({ name }: { name: string }) => name),
    ["adam"],
  );
  assert.equal(readFileSync(mesh.creds("eve"), "utf8"), before);
  await using adam = await Witness.join(mesh.access("adam"));
  assert.ok(adam.isUp);
});

test("a dry run shows what would be done, and does nothing", async () => {
  await using mesh = await HomeMesh.start();
  write(mesh, bigger);
  const before = filesIn(mesh.home.folder);
  const { exit, out } = await mesh.run("apply", "--dry-run");
  assert.equal(exit, 0);
  assert.match(
    out,
    /^\+ desk: role observer is held by adam\nwould issue credentials desk\/adam\nwould make in desk: stream MESH_TASKS, .*\n$/,
  );
  assert.deepEqual(filesIn(mesh.home.folder), before);
  assert.equal((await mesh.run("diff")).out, "+ desk: role observer is held by adam\n");
});

test("a mesh.yaml that is wrong is refused with its line, and nothing is applied", async () => {
  await using mesh = await HomeMesh.start();
  write(mesh, deskMesh.replace("librarian.read", "librarian.reed"));
  const before = filesIn(mesh.home.folder);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 2);
  assert.match(err, /mesh\/mesh\.yaml:6:\d+: .*librarian has no skill reed; did you mean read\?/);
  assert.deepEqual(filesIn(mesh.home.folder), before);
});

test("an older version is applied again, with the credentials that agents still have", async () => {
  await using mesh = await HomeMesh.start();
  const before = readFileSync(mesh.creds("editor"), "utf8");
  write(mesh, deskMesh.replace(/ {6}editor: .*\n/, ""));
  assert.equal((await mesh.run("apply")).exit, 0);
  await assert.rejects(Witness.join(mesh.access("editor")), denied);
  const back = await mesh.run("apply", "--version", "1");
  assert.match(back.out, /applied as version 3\n$/);
  assert.match(back.err, /mesh\/mesh\.yaml says otherwise, and the next apply goes by it/);
  assert.equal(readFileSync(mesh.creds("editor"), "utf8"), before);
  await using editor = await Witness.join(mesh.access("editor"));
  assert.ok(editor.isUp);
  assert.match((await mesh.run("versions")).out, /version 1 again\n$/);
  const none = await mesh.run("apply", "--version", "9");
  assert.match(none.err, /version 9 was never applied; there are 1 to 3/);
});

test("who leaves a role is cut off and cannot come back; who comes back to it gets new credentials", async () => {
  await using mesh = await HomeMesh.start();
  await using eve = await Witness.join(mesh.access("eve"));
  const old = readFileSync(mesh.creds("eve"), "utf8");
  write(mesh, deskMesh.replace("members: [eve]", "members: [adam]"));
  assert.match((await mesh.run("apply")).out, /shut out: eve\n/);
  await eventually("eve is out", () => eve.cuts > 0 && !eve.isUp);
  const access = mesh.access("eve");
  await assert.rejects(Witness.join({ ...access, credentials: { text: old } }), denied);
  write(mesh, deskMesh);
  assert.equal((await mesh.run("apply")).exit, 0);
  await using back = await Witness.join(access);
  assert.ok(back.isUp);
  await assert.rejects(Witness.join({ ...access, credentials: { text: old } }), denied);
});

test("when a later account is refused the earlier ones are taken back", async () => {
  await using mesh = await HomeMesh.start();
  await using editor = await Witness.join(mesh.access("editor"));
  const before = filesIn(mesh.home.folder);
  const plan = await planApply(mesh.home, readMeshFile(bigger, "mesh.yaml"), bigger);
  const stranger = await issueAccount({
    name: "sales",
    account: createKey("account").publicKey,
    signer: createKey("operator"),
    scopes: [],
    exports: [],
    imports: [],
    jetstream: false,
    revocations: {},
  });
  const wide = await planApply(mesh.home, readMeshFile(narrower, "mesh.yaml"), narrower);
  const [last] = plan.accounts;
  assert.ok(last);
  const forged = { ...last, jwt: stranger };
  await assert.rejects(
    applyPlan(mesh.home, { ...wide, accounts: [...wide.accounts, forged] }, { reach: mesh.reach }),
    (error) =>
      isMeshError(error, MeshCode.PermissionDenied) &&
      /no signing key of this home's operator.*taken back/.test(error.detail),
  );
  // Taken back means said again, later than what is taken back: of two JWTs the servers keep the later.
  const isOther = (path: string): boolean => !/\/(account|pushed)\.jwt$/.test(path);
  const others = (files: ReadonlyMap<string, string>) =>
    [...files].filter(([path]) => isOther(path));
  assert.deepEqual(others(filesIn(mesh.home.folder)), others(before));
  await eventually("the editor was cut and is back", () => editor.cuts > 0 && editor.isUp);
  // What the servers have is what the home has: there is nothing to push.
  const { out } = await mesh.run("apply");
  assert.match(
    out,
    /^published as configuration: 1 account\nmade in desk: stream MESH_TASKS, [^\n]*\n$/,
  );
});

test("a home that comes out of an older copy wins over what the servers have", async () => {
  await using mesh = await HomeMesh.start();
  const copy = join(mesh.cwd, "copy");
  cpSync(mesh.home.folder, copy, { recursive: true });
  write(mesh, narrower);
  assert.equal((await mesh.run("apply")).exit, 0);
  const { out, err } = await mesh.run("apply", "--home", copy);
  assert.match(out, /^pushed: desk\n/);
  assert.match(err, /what the servers had of desk is not what this home had given them/);
  const again = await mesh.run("apply", "--home", copy);
  assert.deepEqual([again.out, again.err], ["nothing to do\n", ""]);
});

test("without a server apply says so and does nothing; offline it writes for the next start", async () => {
  await using mesh = await HomeMesh.start();
  await mesh.server.kill();
  write(mesh, bigger);
  const before = filesIn(mesh.home.folder);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 3);
  assert.match(err, /connection refused.*nothing was applied\. --offline writes/);
  const seedless = ([path]: readonly [string, string]): boolean => !path.endsWith(".seed");
  assert.deepEqual([...filesIn(mesh.home.folder)].filter(seedless), [...before].filter(seedless));
  const offline = await mesh.run("apply", "--offline");
  assert.equal(offline.exit, 0, offline.err);
  await mesh.server.restart();
  await using adam = await Witness.join(mesh.access("adam"));
  assert.ok(adam.isUp);
});

test("day to day no master seed is needed", async () => {
  await using mesh = await HomeMesh.start();
  const { layout } = mesh.home;
  const away = join(mesh.cwd, "away");
  mkdirSync(away);
  renameSync(layout.operator.master, join(away, "operator.seed"));
  for (const name of ["SYS", "desk", "desk-store"]) {
    renameSync(layout.account(name).master, join(away, `${name}.seed`));
  }
  write(mesh, bigger);
  for (const args of [["apply"], ["identity", "renew", "--all"], ["identity", "revoke", "adam"]]) {
    const { exit, err } = await mesh.run(...args);
    assert.equal(exit, 0, err);
  }
});

test("without the operator's signing seed nothing is applied, and the error says what is missing", async () => {
  await using mesh = await HomeMesh.start();
  const { signing } = mesh.home.layout.operator;
  renameSync(signing, `${signing}.away`);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 2);
  assert.match(err, /the operator's signing seed is not there \(.*signing\.seed\); put it back/);
});

test("a second workspace gets accounts, credentials and a place of its own", async () => {
  await using mesh = await HomeMesh.start();
  write(mesh, `${deskMesh}  sales:\n    agents:\n      librarian: { skills: [list] }\n`);
  const { exit, out, err } = await mesh.run("apply");
  assert.equal(exit, 0, err);
  assert.match(out, /pushed: sales-store, sales\n/);
  await using one = await Witness.join(mesh.access("librarian", "desk"));
  await using other = await Witness.join(mesh.access("librarian", "sales"));
  assert.ok(one.isUp && other.isUp);
});

test("a workspace that is taken out lets nobody in; put back it lets in who was there", async () => {
  const two = `${deskMesh}  sales:\n    agents:\n      seller: { skills: [list] }\n`;
  await using mesh = await HomeMesh.start({ mesh: two });
  await using seller = await Witness.join(mesh.access("seller", "sales"));
  await using editor = await Witness.join(mesh.access("editor"));
  write(mesh, deskMesh);
  assert.match((await mesh.run("apply")).out, /pushed: sales, sales-store\n/);
  await eventually("the seller is out", () => seller.cuts > 0 && !seller.isUp);
  assert.equal(editor.cuts, 0);
  write(mesh, two);
  assert.equal((await mesh.run("apply")).exit, 0);
  await eventually("the seller is back", () => seller.isUp);
});

test("a workspace too large for one message is refused with the count, and nothing is applied", async () => {
  await using mesh = await HomeMesh.start();
  const agents = Array.from({ length: 600 }, (_, at) => {
    const calls = Array.from({ length: 12 }, (__, other) => `a${(at + other) % 600}.s`).join(", ");
    return `      a${at}: { skills: [s], calls: [${calls}] }\n`;
  });
  write(mesh, deskMesh.replace("    roles:", `${agents.join("")}    roles:`));
  const before = filesIn(mesh.home.folder);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 2);
  assert.match(err, /the account of desk would have \d{7} bytes, at most 900000/);
  assert.deepEqual(filesIn(mesh.home.folder), before);
});

function write(mesh: HomeMesh, text: string): void {
  writeFileSync(mesh.home.layout.meshFile, text);
}

function denied(error: unknown): boolean {
  return isMeshError(error, MeshCode.PermissionDenied);
}
