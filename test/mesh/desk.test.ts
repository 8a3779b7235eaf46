import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { DeskFolder, nothingIsLeft, patience } from "../support/desk-run.ts";

test(
  "the desk summarises every document though an instance is killed and another drained",
  patience,
  async () => {
    await using folder = await DeskFolder.make();
    const documents = await folder.writeDocuments("many", 30);
    await folder.write("many/picture.md", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0));
    const hostile = "# <script>alert(1)</script>\n\nA hostile text of <b>tags</b>.";
    await folder.write("many/hostile.md", hostile);
    await using run = folder.run("digest", [documents]);
    assert.equal(await run.ended, 0, run.printed);
    const { table, proof, sentBack, chaos, server: _server, ...rest } = await run.record();
    assert.deepEqual(rest, {
      ...{ documents: 31, summarised: 31, lost: 0, retries: rest.retries },
      ...{ killed: 1, drained: 1, skipped: 1 },
    });
    assert.equal(chaos, undefined);
    const { proven, summaries, dead, faults } = proof;
    assert.deepEqual([proven, summaries, dead, faults], [31, 31 + sentBack, 0, []]);
    assert.deepEqual(
      table.map((row) => [row.agent, row.as]),
      [
        ["editor", "task"],
        ...["indexer", "librarian", "reviewer"].map((agent) => [agent, "call"]),
        ["summarizer", "task"],
      ],
    );
    for (const row of table) assert.ok(row.calls > 0 && row.p50 > 0 && row.p99 >= row.p50);
    const markdown = await readFile(join(run.out, "digest.md"), "utf8");
    const html = await readFile(join(run.out, "digest.html"), "utf8");
    for (let at = 1; at <= 30; at++) {
      assert.match(markdown, new RegExp(`^## \\d+\\. Document ${at}$`, "m"));
      assert.match(html, new RegExp(`<h2>\\d+\\. Document ${at}</h2>`));
    }
    assert.ok(!html.includes("<script"));
    assert.ok(markdown.includes("binary") && html.includes("binary"));
    for (const line of [
      ...["summarizer-2 killed", "summarizer-3 drained", "31 of 31 documents"],
      "31 of 31 documents are in the digest exactly once",
    ]) {
      assert.ok(run.printed.includes(line), run.printed);
    }
    assert.ok(run.processes.length >= 9);
    await nothingIsLeft(run.processes);
  },
);

test("when the desk itself is killed its agents and its server end", patience, async () => {
  await using folder = await DeskFolder.make();
  const documents = await folder.writeDocuments("few", 3);
  await using run = folder.run("orphans", ["--stay", "--summarizers", "3", documents]);
  await run.printedLine("can be called");
  const { processes } = run;
  assert.ok(processes.length >= 8, String(processes));
  run.child.kill("SIGKILL");
  assert.equal(await run.ended, "SIGKILL");
  await nothingIsLeft(processes);
});

test(
  "with a model's server the summaries are its own, the mesh stays until Ctrl-C, and that ends everything",
  patience,
  async () => {
    await using folder = await DeskFolder.make();
    const documents = await folder.writeDocuments("modelled", 4);
    await using model = await standIn();
    const { asked, url } = model;
    const args = ["--stay", "--summarizers", "3", documents];
    const env = { OPENAI_BASE_URL: url, OPENAI_MODEL: "stand-in" };
    await using run = folder.run("modelled-out", args, env);
    await run.printedLine("Ctrl-C ends it");
    run.child.kill("SIGINT");
    assert.equal(await run.ended, 0, run.printed);
    const markdown = await readFile(join(run.out, "digest.md"), "utf8");
    assert.equal(markdown.match(/The model wrote number \d+\./g)?.length, 4);
    // The stand-in never mentions a key term, so the reviewer's reason reaches it.
    assert.ok(asked.some((body) => body.includes("A reviewer sent this summary back")));
    assert.ok(asked.every((body) => JSON.parse(body).model === "stand-in"));
    await nothingIsLeft(run.processes);
  },
);

/** A model's server that answers everything, and notes what it was asked. */
async function standIn() {
  const asked: string[] = [];
  const http = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push(body);
    const content = `The model wrote number ${asked.length}.`;
    response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    asked,
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
