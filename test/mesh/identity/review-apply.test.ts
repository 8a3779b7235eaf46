import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { applyPlan, openHome, planApply, readMeshFile, revokeIdentity } from "@myelin/mesh/operate";
import { readAccount } from "../../../libs/identity/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { deskMesh, HomeMesh } from "../../support/home-mesh.ts";
import { Witness } from "../../support/witness.ts";

const withSpell = deskMesh.replace("editor: { skills: [edit]", "editor: { skills: [edit, spell]");

test("a revocation between a plan and its application holds", async () => {
  await using mesh = await HomeMesh.start();
  const { home, reach } = mesh;
  const plan = await planApply(home, readMeshFile(withSpell, "mesh.yaml"), withSpell);
  await revokeIdentity(home, { name: "eve" }, reach);
  await assert.rejects(Witness.join(mesh.access("eve")));
  const applied = await applyPlan(home, plan, { reach });
  assert.equal(applied.version, 2);
  const { revocations } = readAccount(readFileSync(home.layout.account("desk").jwt, "utf8").trim());
  assert.equal(Object.keys(revocations).length, 1);
  await assert.rejects(Witness.join(mesh.access("eve")));
});

test("a copy of the home that knows nothing of a revocation does not take it back", async () => {
  await using mesh = await HomeMesh.start();
  using copy = temporaryFolder();
  cpSync(mesh.home.folder, copy.path, { recursive: true });
  await revokeIdentity(mesh.home, { name: "eve" }, mesh.reach);
  const other = openHome(copy.path);
  const plan = await planApply(other, readMeshFile(withSpell, "mesh.yaml"), withSpell);
  await applyPlan(other, plan, { reach: mesh.reach });
  await assert.rejects(Witness.join(mesh.access("eve")));
});

test("two plans that were made at once give a new agent one key, and credentials that hold", async () => {
  await using mesh = await HomeMesh.start();
  const { home, reach } = mesh;
  const text = deskMesh.replace(
    "      editor:",
    "      writer: { skills: [write] }\n      editor:",
  );
  const policy = readMeshFile(text, "mesh.yaml");
  const plans = [await planApply(home, policy, text), await planApply(home, policy, text)];
  for (const plan of plans) await applyPlan(home, plan, { reach });
  await using writer = await Witness.join(mesh.access("writer"));
  assert.ok(writer.isUp);
});

test("a name to revoke leads to no file of another account", async () => {
  await using mesh = await HomeMesh.start({
    mesh: deskMesh.replace("  desk:\n", "  desk:\n    guests: true\n"),
  });
  const before = mesh.home.ledger.entries().length;
  const { exit, err } = await mesh.run("identity", "revoke", "../SYS/system");
  assert.equal(exit, 2);
  assert.match(err, /nothing was issued to/);
  assert.equal(mesh.home.ledger.entries().length, before);
});
