import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DeskFolder, nothingIsLeft, patience } from "../support/desk-run.ts";

test("what a desk that was killed left behind is not done for the next one", patience, async () => {
  await using folder = await DeskFolder.make();
  const before = await folder.writeDocuments("before", 60);
  {
    await using first = folder.run("first", ["--summarizers", "3", before]);
    await first.printedLine("60 documents found");
    first.child.kill("SIGKILL");
    await first.ended;
    await nothingIsLeft(first.processes);
  }
  const after = await folder.writeDocuments("after", 4);
  await using second = folder.run("second", ["--summarizers", "3", after]);
  assert.equal(await second.ended, 0, second.printed);
  const { documents, lost, proof } = await second.record();
  assert.deepEqual([documents, lost, proof.proven, proof.faults], [4, 0, 4, []]);
  const markdown = await readFile(join(second.out, "digest.md"), "utf8");
  assert.equal(markdown.match(/^## \d+\. /gm)?.length, 4);
  await nothingIsLeft(second.processes);
});

test("Ctrl-C in the middle of the work ends everything", patience, async () => {
  await using folder = await DeskFolder.make();
  const documents = await folder.writeDocuments("many", 60);
  await using run = folder.run("stopped", ["--chaos", "--summarizers", "3", documents]);
  await run.printedLine("60 documents found");
  const { processes } = run;
  run.child.kill("SIGINT");
  assert.equal(await run.ended, 130, run.printed);
  await nothingIsLeft([...processes, ...run.processes]);
});
