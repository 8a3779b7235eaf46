import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";

// Nine processes start for each run: seconds on a machine that is free, far more on one that is busy.
const patience = { timeout: 240_000 };

// Absolute: the desk runs in a folder of its own, with a home of its own.
const loader = import.meta.resolve("tsx");
const main = fileURLToPath(new URL("../../services/desk/main.ts", import.meta.url));

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "myelin-desk-run-"));
});

after(() => rm(folder, { recursive: true }));

/** A run of the program as a person starts it. */
class Run {
  readonly child: ChildProcess;
  readonly out: string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  printed = "";

  constructor(name: string, args: readonly string[], env: Record<string, string> = {}) {
    this.out = join(folder, name);
    const node = ["--conditions=development", "--import", loader, main, "--out", this.out];
    this.child = spawn(process.execPath, [...node, ...args], {
      cwd: folder,
      env: { ...process.env, OPENAI_BASE_URL: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const note = (chunk: Buffer): void => {
      this.printed += String(chunk);
    };
    this.child.stdout?.on("data", note);
    this.child.stderr?.on("data", note);
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => resolve(signal ?? code));
    });
  }

  /** Resolves when the program has printed this. */
  printedLine(text: string): Promise<unknown> {
    return eventually(`${text} is printed`, () => this.printed.includes(text), {
      timeoutMs: patience.timeout,
    });
  }

  /** Every process that wrote to the log: the agents and the server. */
  get processes(): readonly number[] {
    const log = readFileSync(join(this.out, "desk.log"), "utf8");
    const agents = [...log.matchAll(/"pid":(\d+)/g)].map((match) => Number(match[1]));
    const server = [...log.matchAll(/^\[(\d+)\] /gm)].map((match) => Number(match[1]));
    return [...new Set([...agents, ...server])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
}

const sentences = [
  "The broker carries every message between the agents of the mesh.",
  "An agent has a name, typed skills and an identity of its own.",
  "A call that meets a dead instance goes to another instance.",
  "The librarian reads documents and the summarizer condenses documents.",
];

async function writeDocuments(under: string, many: number): Promise<void> {
  for (let at = 1; at <= many; at++) {
    const text = sentences.map((_, shift) => sentences[(at + shift) % sentences.length]).join(" ");
    await write(
      `${under}/document-${at}.md`,
      `# Document ${at}\n\n${text}\n\nPlum ${at} is a plum.`,
    );
  }
}

const record = z.object({
  documents: z.number(),
  summarised: z.number(),
  lost: z.number(),
  retries: z.number(),
  killed: z.number(),
  drained: z.number(),
  skipped: z.number(),
  table: z.array(
    z.object({
      agent: z.string(),
      ...{ calls: z.number(), errors: z.number(), retries: z.number() },
      ...{ p50: z.number(), p95: z.number(), p99: z.number() },
    }),
  ),
});

async function recordOf({ out }: Run): Promise<z.infer<typeof record>> {
  return record.parse(JSON.parse(await readFile(join(out, "run.json"), "utf8")));
}

/** Whether a process runs; one that has ended and was not yet collected does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, "utf8"));
  } catch {
    // No such process.
    return false;
  }
}

function nothingIsLeft(processes: readonly number[]): Promise<unknown> {
  return eventually("no process is left", () => !processes.some(isRunning), {
    timeoutMs: 60_000,
  });
}

test(
  "the desk summarises every document though an instance is killed and another drained",
  patience,
  async () => {
    await writeDocuments("many", 30);
    await write("many/picture.md", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0));
    await write("many/hostile.md", "# <script>alert(1)</script>\n\nA hostile text of <b>tags</b>.");
    await using run = new Run("digest", [join(folder, "many")]);
    assert.equal(await run.ended, 0, run.printed);
    const { table, ...rest } = await recordOf(run);
    assert.deepEqual(rest, {
      ...{ documents: 31, summarised: 31, lost: 0, retries: rest.retries },
      ...{ killed: 1, drained: 1, skipped: 1 },
    });
    assert.deepEqual(
      table.map((row) => row.agent),
      ["editor", "indexer", "librarian", "reviewer", "summarizer"],
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
    for (const line of ["summarizer-2 killed", "summarizer-3 drained", "31 of 31 documents"]) {
      assert.ok(run.printed.includes(line), run.printed);
    }
    assert.ok(run.processes.length >= 9);
    await nothingIsLeft(run.processes);
  },
);

test("when the desk itself is killed its agents and its server end", patience, async () => {
  await writeDocuments("few", 3);
  await using run = new Run("orphans", ["--stay", "--summarizers", "3", join(folder, "few")]);
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
    await writeDocuments("modelled", 4);
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
    const args = ["--stay", "--summarizers", "3", join(folder, "modelled")];
    const env = { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: "stand-in" };
    await using run = new Run("modelled-out", args, env);
    await run.printedLine("Ctrl-C ends it");
    run.child.kill("SIGINT");
    assert.equal(await run.ended, 0, run.printed);
    http.closeAllConnections();
    http.close();
    const markdown = await readFile(join(run.out, "digest.md"), "utf8");
    assert.equal(markdown.match(/The model wrote number \d+\./g)?.length, 4);
    // The stand-in never mentions a key term, so the reviewer's reason reaches it.
    assert.ok(asked.some((body) => body.includes("A reviewer sent this summary back")));
    assert.ok(asked.every((body) => JSON.parse(body).model === "stand-in"));
    await nothingIsLeft(run.processes);
  },
);

test(
  "a folder without documents ends with 1 and the files that were skipped",
  patience,
  async () => {
    await write("none/a.md", Uint8Array.of(0, 1, 2));
    await using run = new Run("none-out", ["--summarizers", "3", join(folder, "none")]);
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
  ["an option that nobody knows", ["--fast"], /Unknown option '--fast'; --help tells/],
] as const) {
  test(`${name} ends with 2 before anything is started`, patience, async () => {
    await using run = new Run("usage", args);
    assert.equal(await run.ended, 2);
    assert.match(run.printed, message);
    assert.ok(!existsSync(run.out));
  });
}
