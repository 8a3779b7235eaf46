import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DeskFolder, nothingIsLeft, patience } from "../support/desk-run.ts";

test(
  "a folder without documents ends with 1 and the files that were skipped",
  patience,
  async () => {
    await using folder = await DeskFolder.make();
    await folder.write("none/a.md", Uint8Array.of(0, 1, 2));
    await using run = folder.run("none-out", ["--summarizers", "3", join(folder.path, "none")]);
    assert.equal(await run.ended, 1, run.printed);
    assert.match(
      run.printed,
      /There are no documents there: 1 file was skipped\.\n.*a\.md: binary/,
    );
    assert.ok(!existsSync(join(run.out, "run.json")));
    await nothingIsLeft(run.processes);
  },
);

for (const [name, args, message] of [
  ["a path that does not exist", ["/nowhere/at/all"], /there is no file or folder \/nowhere\/at/],
  [
    "an option that nobody knows",
    ["--fast"],
    /Unknown option '--fast'; npm start -- --help tells what there is/,
  ],
] as const) {
  test(`${name} ends with 2 before anything is started`, patience, async () => {
    await using folder = await DeskFolder.make();
    await using run = folder.run("usage", args);
    assert.equal(await run.ended, 2);
    assert.match(run.printed, message);
    assert.ok(!existsSync(run.out));
  });
}
