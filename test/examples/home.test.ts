import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openHome, serverConfig } from "@myelin/mesh/operate";
import { startNats } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";
import { temporaryFolder } from "../support/folder.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const section = readme.slice(readme.indexOf("## A mesh of your own"));

test("the README's mesh of one's own: each command does its work, in that order", async () => {
  using folder = temporaryFolder();
  const commands = [...(block("sh") ?? "").matchAll(/^npx myelin (.*?) *#/gm)].map(
    ([, c = ""]) => c,
  );
  assert.equal(commands.length, 6);
  const [init = "", ...others] = commands;
  assert.equal(await myelin(folder.path, init), "");
  const home = openHome(join(folder.path, "mesh"));
  const config = serverConfig(home).replace(/^listen:.*$/m, "");
  await using server = await startNats({ config });
  writeFileSync(home.layout.meshFile, block("yaml") ?? "");
  for (const command of others) assert.equal(await myelin(folder.path, command, server.url), "");
  assert.match(server.log, /TLS required/);
});

/** Runs a command; the answer is what went wrong. */
async function myelin(cwd: string, command: string, url?: string): Promise<string> {
  const terminal = new FakeTerminal({ cwd, env: { MYELIN_URL: url } });
  const exit = await run(command.trim().split(/\s+/), terminal);
  return exit === 0 ? "" : `${command}: ${terminal.complained}`;
}

function block(language: string): string | undefined {
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section)?.[1];
}
