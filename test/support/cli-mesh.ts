import { type MeshOptions, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { serveScribe } from "./demo-agents.ts";
import { FakeTerminal, type FakeTerminalParts } from "./fake-terminal.ts";

/** What one run of the command line left. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** A server with so many scribes, and the command line at hand. */
export class CliMesh implements AsyncDisposable {
  readonly mesh: TestMesh;
  readonly #scribes: AsyncDisposable[] = [];
  /** How many handlers wait, and how many of them were told to stop. */
  waiting = 0;
  aborted = 0;

  private constructor(mesh: TestMesh) {
    this.mesh = mesh;
  }

  static async start(scribes = 1, options: MeshOptions = {}): Promise<CliMesh> {
    const mesh = new CliMesh(await startMesh(options));
    for (let many = 0; many < scribes; many++) await mesh.#addScribe();
    return mesh;
  }

  terminal(parts: FakeTerminalParts = {}): FakeTerminal {
    return new FakeTerminal({ ...parts, env: { ...this.mesh.env, ...parts.env } });
  }

  /** Runs one command to its end. */
  async run(args: readonly string[], parts: FakeTerminalParts = {}): Promise<Ran> {
    const terminal = this.terminal(parts);
    const exit = await run(args, terminal);
    return { exit, out: terminal.written, err: terminal.complained };
  }

  /** Runs one command with `--json` and reads what it printed. */
  async json(args: readonly string[]): Promise<unknown> {
    const { out } = await this.run([...args, "--json"]);
    return JSON.parse(out);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const scribe of this.#scribes) await scribe[Symbol.asyncDispose]();
    await this.mesh.stop();
  }

  async #addScribe(): Promise<void> {
    const watcher = {
      onWaiting: () => void this.waiting++,
      onAborted: () => void this.aborted++,
    };
    this.#scribes.push(await serveScribe(this.mesh.access, watcher));
  }
}
