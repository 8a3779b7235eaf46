import assert from "node:assert/strict";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { type Issued, Ledger, type Revoked } from "../../../../libs/operate/home/ledger.ts";
import { voidBy } from "../../../../libs/operate/home/revocations.ts";
import { temporaryFolder } from "../../../support/folder.ts";

test("the ledger gives back what was written, oldest first, and is its owner's", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "issued.jsonl");
  const ledger = new Ledger(path);
  assert.deepEqual(ledger.entries(), []);
  ledger.add(issued("U1", 1));
  ledger.add(issued("U2", 2));
  assert.deepEqual(ledger.entries(), [issued("U1", 1), issued("U2", 2)]);
  assert.deepEqual(ledger.issued("desk", "editor").length, 2);
  assert.deepEqual(ledger.issued("sales", "editor"), []);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
});

test("a broken line is told with its number, since what was issued there could not be revoked", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "issued.jsonl");
  const ledger = new Ledger(path);
  ledger.add(issued("U1", 1));
  appendFileSync(path, '{"is":"issued","at"\n');
  assert.throws(
    () => ledger.entries(),
    (error) => isMeshError(error, MeshCode.InvalidArgument) && /line 2 is no/.test(error.detail),
  );
});

test("a revocation makes void what was issued up to its second, not what came later", () => {
  const revoked: Revoked = {
    is: "revoked",
    at: second(10),
    account: "desk",
    name: "editor",
    users: ["U1"],
    why: "revoked",
  };
  const isVoid = voidBy([revoked]);
  assert.equal(isVoid(issued("U1", 9)), true);
  assert.equal(isVoid(issued("U1", 10)), true);
  assert.equal(isVoid(issued("U1", 11)), false);
  assert.equal(isVoid(issued("U2", 9)), false);
  assert.equal(isVoid({ ...issued("U1", 9), account: "sales" }), false);
});

function issued(user: string, seconds: number): Issued {
  const at = second(seconds);
  const role = "agent:editor";
  return { is: "issued", at, account: "desk", name: "editor", role, user, expires: second(99) };
}

function second(seconds: number): Date {
  return new Date(1_800_000_000_000 + seconds * 1_000);
}
