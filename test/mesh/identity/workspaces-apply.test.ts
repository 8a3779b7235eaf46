import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MeshCode, type MeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { HomeMesh } from "../../support/home-mesh.ts";
import { handlers, policy, refusal, seen, summarizer } from "../../support/workspaces.ts";

const desk = { workspace: "desk" };
const share = "      - { skill: summarizer.condense, with: [sales] }\n";
const grants = [
  ["[desk/summarizer.condense, desk/summarizer.spell", "[desk/summarizer.spell"],
  ["calls: [desk/summarizer.condense] }", "calls: [] }"],
] as const;

/** The same mesh, in which condense is not shared. */
const unshared = grants.reduce(
  (text, [given, taken]) => text.replace(given, taken),
  policy.replace(share, ""),
);

test("with what apply publishes a call from another workspace is verified", async () => {
  await using mesh = await HomeMesh.start({ mesh: policy });
  await apply(mesh, policy);
  await (await mesh.connect("summarizer")).serve(summarizer, handlers(seen()));
  const pricer = (await mesh.connect("pricer", "sales")).client(summarizer, desk);
  const { caller, workspace } = await pricer.condense({ text: "x" });
  assert.deepEqual({ caller, workspace }, { caller: "sales/pricer", workspace: "sales" });
});

test("apply gives a share and takes it away again under running agents", async () => {
  const what = seen();
  await using mesh = await HomeMesh.start({ mesh: unshared });
  await apply(mesh, unshared);
  await (await mesh.connect("summarizer")).serve(summarizer, handlers(what));
  const pricer = (await mesh.connect("pricer", "sales")).client(summarizer, desk);
  const denied = refusal(/agents\.pricer\.calls: \[desk\/summarizer\.condense\]/);
  await assert.rejects(pricer.condense({ text: "x" }), denied);
  await apply(mesh, policy);
  await eventually("it is shared", async () => {
    const answer = await pricer.condense({ text: "x" }).catch((error: MeshError) => error.code);
    return typeof answer === "object" && answer.caller === "sales/pricer";
  });
  await apply(mesh, unshared);
  await eventually("it is shared no more", async () => {
    const answer = await pricer.condense({ text: "x" }).catch((error: MeshError) => error.code);
    return answer === MeshCode.PermissionDenied;
  });
});

async function apply(mesh: HomeMesh, text: string): Promise<void> {
  writeFileSync(join(mesh.home.folder, "mesh.yaml"), text);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 0, err);
}
