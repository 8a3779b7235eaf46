import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { copier, copierHandlers, copierMesh, digestOf, textOf } from "../../support/copier.ts";
import { deadOffice, redriven } from "../../support/dead-office.ts";
import { storedMesh } from "../../support/stores.ts";

const tasks = { attempts: 1, firstDelayMs: 20 };
const patience = { timeoutMs: 20_000 };
const skills = "{ skills: [copy, weigh, fill, pages, secret, secrets] }";
const sandboxMesh = copierMesh
  .replace("      boss:", `      sandbox: ${skills}\n      boss:`)
  .replace("operator: { members: [ops] }", "operator: { members: [ops], submits: [sandbox.*] }");

const failing = {
  ...copierHandlers,
  copy: () => {
    throw new RangeError("not today");
  },
};

test("a large task that died is brought back with its input, for its own agent and for a sandbox", async () => {
  await using home = await storedMesh(sandboxMesh, ["copier", "sandbox"]);
  const agent = await home.connect("copier");
  await agent.serve(copier, failing, { tasks });
  const boss = await home.connect("boss");
  const text = textOf(2_500_000);
  const task = await boss.client(copier).copy.submit({ text }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) =>
    isMeshError(error, MeshCode.HandlerFailed),
  );
  await agent.drain();
  const seen: string[] = [];
  const sandbox = await home.connect("sandbox");
  const noting = {
    ...copierHandlers,
    copy: (input: { readonly text: string }) => {
      seen.push(digestOf(input.text));
      return { text: "seen" };
    },
  };
  await sandbox.serve({ ...copier, name: "sandbox" }, noting, { tasks });
  await using office = await deadOffice(home);
  const [there] = await redriven(office, {}, { to: "sandbox" });
  assert.deepEqual([there?.is, there?.why], ["redriven", undefined]);
  await eventually("the sandbox has it", () => seen.length === 1, { timeoutMs: 10_000 });
  assert.deepEqual(seen, [digestOf(text)]);
  await (await home.connect("copier")).serve(copier, copierHandlers, { tasks });
  const [back] = await redriven(office, {});
  assert.deepEqual([back?.is, back?.why], ["redriven", undefined]);
  await eventually(
    "it is done",
    async () => (await boss.task(copier, "copy", "t1").status()).state === "done",
    { timeoutMs: 10_000 },
  );
  const { text: copied } = await boss.task(copier, "copy", "t1").result(patience);
  assert.equal(digestOf(copied), digestOf(text));
});
