import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";

/** Nine processes start for each run: seconds on a machine that is free, far more on one that is busy. */
export const patience = { timeout: 240_000 };

// Absolute: the desk runs in a folder of its own, with a home of its own.
const loader = import.meta.resolve("tsx");
const main = fileURLToPath(new URL("../../services/desk/main.ts", import.meta.url));

/** A folder in which desks are run, one after the other. */
export class DeskFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<DeskFolder> {
    return new DeskFolder(await mkdtemp(join(tmpdir(), "myelin-desk-run-")));
  }

  /** Starts the program as a person does; `name` is the folder of what it writes. */
  run(name: string, args: readonly string[], env: Record<string, string> = {}): DeskRun {
    return new DeskRun(this.path, { out: join(this.path, name), args, env });
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    const file = join(this.path, path);
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, content);
  }

  /** Short documents with key terms; the answer is their folder. */
  async writeDocuments(under: string, many: number): Promise<string> {
    for (let at = 1; at <= many; at++) {
      const text = sentences
        .map((_, shift) => sentences[(at + shift) % sentences.length])
        .join(" ");
      const page = `# Document ${at}\n\n${text}\n\nPlum ${at} is a plum.`;
      await this.write(`${under}/document-${at}.md`, page);
    }
    return join(this.path, under);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

interface RunOptions {
  readonly out: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

/** A run of the program. */
export class DeskRun implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly out: string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  printed = "";

  constructor(cwd: string, { out, args, env }: RunOptions) {
    this.out = out;
    const node = ["--conditions=development", "--import", loader, main, "--out", out];
    this.child = spawn(process.execPath, [...node, ...args], {
      cwd,
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

  /** Resolves when the program has printed this; throws when it ends before. */
  async printedLine(text: string): Promise<void> {
    const isOver = () => this.child.exitCode !== null || this.printed.includes(text);
    await eventually(`${text} is printed`, isOver, { timeoutMs: patience.timeout });
    assert.ok(this.printed.includes(text), this.printed);
  }

  /** What it wrote for scripts. */
  async record(): Promise<z.infer<typeof record>> {
    return record.parse(JSON.parse(await readFile(join(this.out, "run.json"), "utf8")));
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

const sentences = [
  "The broker carries every message between the agents of the mesh.",
  "An agent has a name, typed skills and an identity of its own.",
  "A call that meets a dead instance goes to another instance.",
  "The librarian reads documents and the summarizer condenses documents.",
];

const blow = z.object({ what: z.string(), label: z.string(), pid: z.number(), done: z.number() });

const record = z.object({
  documents: z.number(),
  summarised: z.number(),
  lost: z.number(),
  retries: z.number(),
  killed: z.number(),
  drained: z.number(),
  skipped: z.number(),
  sentBack: z.number(),
  server: z.string(),
  chaos: z.object({ seed: z.number(), blows: z.array(blow) }).optional(),
  proof: z.object({
    ...{ proven: z.number(), summaries: z.number(), attempts: z.number(), dead: z.number() },
    faults: z.array(z.string()),
  }),
  table: z.array(
    z.object({
      ...{ agent: z.string(), as: z.enum(["call", "task"]) },
      ...{ calls: z.number(), errors: z.number(), retries: z.number() },
      ...{ p50: z.number(), p95: z.number(), p99: z.number() },
    }),
  ),
});

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

export function nothingIsLeft(processes: readonly number[]): Promise<unknown> {
  return eventually("no process is left", () => !processes.some(isRunning), {
    timeoutMs: 60_000,
  });
}
