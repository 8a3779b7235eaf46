import assert from "node:assert/strict";
import { test } from "node:test";
import { starterMesh } from "../../../../libs/operate/home/starter.ts";
import { readMeshFile } from "../../../../libs/operate/mesh-file/read.ts";

test("what a new mesh.yaml shows as an example holds as it stands, once it is no comment", () => {
  const example = /^( +)# (?=agents:| {2}\w|keeper:)/gm;
  const text = starterMesh().replaceAll(example, "$1");
  const { main } = readMeshFile(text, "mesh.yaml").workspaces;
  assert.deepEqual(Object.keys(main?.agents ?? {}), ["librarian", "editor", "archive"]);
  assert.deepEqual(Object.keys(main?.roles ?? {}), ["operator", "keeper"]);
});

test("a new mesh.yaml without its examples is one with an operator in each workspace", () => {
  const { workspaces } = readMeshFile(starterMesh(["one", "two"]), "mesh.yaml");
  assert.deepEqual(
    Object.values(workspaces).map(({ roles }) => Object.keys(roles)),
    [["operator"], ["operator"]],
  );
});
