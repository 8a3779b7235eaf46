import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import { credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { DeskFolder, nothingIsLeft, patience } from "../support/desk-run.ts";
import { dial } from "../support/dial.ts";

const many = 40;

test(
  "with --chaos every document is in the digest once, though workers, editor and broker are killed",
  patience,
  async () => {
    await using folder = await DeskFolder.make();
    const documents = await folder.writeDocuments("many", many);
    const args = ["--chaos", "--seed", "7", "--stay", "--summarizers", "3", documents];
    await using run = folder.run("chaos", args);
    await run.printedLine("Ctrl-C ends it");
    const { chaos, proof, sentBack, ...rest } = await run.record();
    assert.deepEqual([rest.documents, rest.summarised, rest.lost], [many, many, 0]);
    assert.deepEqual([proof.proven, proof.dead, proof.faults], [many, 0, []]);
    assert.equal(chaos?.seed, 7);
    const killed = chaos.blows.flatMap(({ what, label }) => (what === "killed" ? [label] : []));
    assert.equal(rest.killed, killed.length);
    assert.ok(killed.includes("nats-server") && killed.includes("editor"), killed.join());
    assert.ok(
      killed.some((label) => label.startsWith("summarizer")),
      killed.join(),
    );
    // The same count, by a client that knows nothing of ours.
    const finals = await finalsOf(folder, rest.server);
    assert.equal(finals.length, new Set(finals).size);
    assert.equal(finals.length, many + sentBack);
    assert.equal(proof.summaries, finals.length);
    const markdown = await readFile(join(run.out, "digest.md"), "utf8");
    for (let at = 1; at <= many; at++) {
      const titles = markdown.match(new RegExp(`^## \\d+\\. Document ${at}$`, "gm"));
      assert.equal(titles?.length, 1, `document ${at}`);
    }
    run.child.kill("SIGINT");
    assert.equal(await run.ended, 0, run.printed);
    assert.ok(run.printed.includes("Chaos with --seed 7"), run.printed);
    await nothingIsLeft(run.processes);
  },
);

/** The subjects of every final result of a summary, as often as they are stored. */
async function finalsOf(folder: DeskFolder, url: string): Promise<readonly string[]> {
  const nc = await joinAsOps(folder, url);
  try {
    const jsm = await jetstreamManager(nc, { apiPrefix: "mesh.js", checkAPI: false });
    const { first_seq, last_seq } = (await jsm.streams.info(Store.results)).state;
    const found: string[] = [];
    for (let seq = Math.max(1, first_seq); seq <= last_seq; seq++) {
      const message: StoredMsg | null = await jsm.streams.getMessage(Store.results, { seq });
      if (message?.subject.endsWith(".final.summarizer") === true) found.push(message.subject);
    }
    return found;
  } finally {
    await nc.close();
  }
}

function joinAsOps({ path }: DeskFolder, url: string): Promise<NatsConnection> {
  const home = join(path, ".cache", "mesh");
  return dial({
    servers: url,
    tls: { caFile: join(home, "tls", "ca.pem") },
    authenticator: credsAuthenticator(readFileSync(join(home, "creds", "desk", "ops.creds"))),
    inboxPrefix: "_INBOX.ops",
  });
}
