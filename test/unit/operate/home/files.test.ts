import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { readSecret, writeWhole } from "../../../../libs/operate/home/files.ts";
import { temporaryFolder } from "../../../support/folder.ts";

test("a secret is written for its owner only, in folders that only its owner may enter", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "keys", "deep", "one.seed");
  writeWhole(path, "secret\n", "owner");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder.path, "keys")).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder.path, "keys", "deep")).mode & 0o777, 0o700);
  assert.equal(readSecret(path, "the seed"), "secret");
});

test("a file is replaced whole, and nothing else is left in its folder", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "one.creds");
  writeWhole(path, "old", "owner");
  const before = statSync(path).ino;
  writeWhole(path, "new", "owner");
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.notEqual(statSync(path).ino, before);
  assert.deepEqual(readdirSync(folder.path), ["one.creds"]);
});

test("a file that cannot be written leaves no draft behind and says which it is", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "taken");
  mkdirSync(join(path, "inside"), { recursive: true });
  assert.throws(
    () => writeWhole(path, "text", "owner"),
    refusal(/taken cannot be written: EISDIR/),
  );
  assert.deepEqual(readdirSync(folder.path), ["taken"]);
});

for (const mode of [0o604, 0o640, 0o644, 0o660, 0o622]) {
  test(`a secret with mode ${mode.toString(8)} is refused with what to do`, () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "signing.seed");
    writeFileSync(path, "SOSECRET");
    chmodSync(path, mode);
    assert.throws(
      () => readSecret(path, "the operator's signing seed"),
      refusal(/the operator's signing seed at .* is open to others \(mode 06\d\d, .*chmod 600/),
    );
  });
}

test("a refusal never shows the secret", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "signing.seed");
  writeFileSync(path, "SOSECRET");
  chmodSync(path, 0o644);
  assert.throws(
    () => readSecret(path, "the seed"),
    (error: Error) => !`${error.message} ${error.stack}`.includes("SOSECRET"),
  );
});

test("a secret that is not there is no error: who needs it says so", () => {
  using folder = temporaryFolder();
  assert.equal(readSecret(join(folder.path, "none"), "the seed"), undefined);
});

function refusal(detail: RegExp): (error: unknown) => boolean {
  return (error) => isMeshError(error, MeshCode.InvalidArgument) && detail.test(error.detail);
}
