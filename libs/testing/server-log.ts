import { MeshCode, MeshError } from "../errors/index.ts";

const kept = 200;
const shown = 12;

// One per process: what they hold is shown when the process ends, and only when it failed.
const logs: ServerLog[] = [];

/** What a server under test has said. Shown on standard error when the process ends with a failure. */
export class ServerLog {
  readonly title: string;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #rest = "";

  constructor(title: string) {
    this.title = title;
    if (logs.length === 0) process.once("exit", showAll);
    logs.push(this);
  }

  append(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      this.#lines.push(line);
      for (const listener of [...this.#listeners]) listener(line);
    }
    if (this.#lines.length > kept) this.#lines.splice(0, this.#lines.length - kept);
  }

  /** Hears every line from now on, until the answer is called. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the next line that matches. */
  next(pattern: RegExp, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        unhear();
        const what = `${this.title}: nothing like ${pattern} in ${timeoutMs} ms\n${this.tail}`;
        reject(new MeshError(MeshCode.DeadlineExceeded, what));
      }, timeoutMs);
      const unhear = this.onLine((line) => {
        if (!pattern.test(line)) return;
        clearTimeout(patience);
        unhear();
        resolve(line);
      });
    });
  }

  /** What it has said, as far back as it is kept. */
  get text(): string {
    return [...this.#lines, this.#rest].join("\n").trimEnd();
  }

  /** Its last lines. */
  get tail(): string {
    return this.text.split("\n").slice(-shown).join("\n");
  }
}

function showAll(code: number): void {
  if (code === 0) return;
  for (const { title, tail } of logs) {
    process.stderr.write(`\n# ${title}; its last lines:\n${tail}\n`);
  }
}
