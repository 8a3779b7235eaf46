import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { commands } from "../../services/desk/screen/commands.ts";
import { palette } from "../../services/desk/screen/text.ts";
import { DeskFolder, nothingIsLeft, patience } from "../support/desk-run.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";

/** The `myelin` commands that a desk prints, as a shell would split them; `tap` never ends by itself. */
const printed = commands(true, palette(false))
  .flatMap((line) => line.split(" npx myelin ").slice(1))
  .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word))
  .filter(([command]) => command !== "tap") as string[][];

test(
  "every command that the desk prints works in its folder while it is up",
  patience,
  async () => {
    await using folder = await DeskFolder.make();
    const documents = await folder.writeDocuments("few", 3);
    await using desk = folder.run("out", ["--stay", "--summarizers", "3", documents]);
    await desk.printedLine("Ctrl-C ends it");
    assert.ok(printed.length >= 7, String(printed.length));
    const written = new Map<string, string>();
    for (const args of printed) {
      const terminal = new FakeTerminal({ cwd: folder.path });
      assert.equal(await run(args, terminal), 0, `${args.join(" ")}: ${terminal.complained}`);
      written.set(args.slice(0, 2).join(" "), terminal.written);
      assert.ok(desk.printed.includes(`npx myelin ${args[0]}`), args.join(" "));
    }
    assert.match(written.get("tasks submit") ?? "", /"summary":"An agent asks other agents\."/);
    assert.ok(written.has("tasks ls"));
    // A worker acknowledges a task a moment after its result is stored.
    await eventually("nothing waits any more", async () => {
      const terminal = new FakeTerminal({ cwd: folder.path });
      await run(["tasks", "ls"], terminal);
      return /summarizer +normal +0 +0 +0/.test(terminal.written);
    });
    assert.equal(written.get("dead ls"), "");
    desk.child.kill("SIGINT");
    assert.equal(await desk.ended, 0, desk.printed);
    await nothingIsLeft(desk.processes);
  },
);
