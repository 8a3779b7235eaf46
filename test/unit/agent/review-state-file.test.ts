import assert from "node:assert/strict";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getuid, pid } from "node:process";
import { test } from "node:test";
import { meshThatIsUp } from "../../../libs/agent/state-file.ts";
import { temporaryFolder } from "../../support/folder.ts";

test("a mesh that another user wrote down above us is not taken for ours", () => {
  using folder = temporaryFolder();
  const below = join(folder.path, "work", "here");
  mkdirSync(below, { recursive: true });
  mkdirSync(join(folder.path, ".cache"));
  const state = { url: "nats://127.0.0.1:4999", pid, home: "theirs" };
  const file = join(folder.path, ".cache", "mesh.json");
  writeFileSync(file, JSON.stringify(state));
  const self = getuid?.() ?? 0;
  const owner = self === 0 ? 65_534 : self;
  if (self === 0) {
    assert.equal(meshThatIsUp(below, owner)?.url, state.url);
    chownSync(file, owner, owner);
  }
  assert.equal(meshThatIsUp(below, owner)?.url, state.url);
  assert.equal(meshThatIsUp(below, owner + 1), undefined);
});
