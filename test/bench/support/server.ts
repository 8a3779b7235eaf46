import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BenchError, type Setting } from "./bench.ts";
import { atExit } from "./leftovers.ts";

/** What the monitoring page of a server says, as far as the benches read it. */
export interface ServerCounts {
  readonly in_msgs: number;
  readonly out_msgs: number;
  readonly in_bytes: number;
  readonly out_bytes: number;
  /** Resident memory, in bytes. */
  readonly mem: number;
  readonly connections: number;
  readonly subscriptions: number;
}

/** A nats-server of the bench's own, on ports that were free. */
export class Server implements AsyncDisposable {
  readonly url: string;
  readonly #monitor: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #forget: () => void;

  private constructor(process: ChildProcess, folder: string, ports: Ports) {
    this.#process = process;
    this.#folder = folder;
    this.#forget = atExit(() => {
      process.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });
    this.url = ports.url;
    this.#monitor = ports.monitor;
  }

  /** Starts one; `config` makes further lines of its configuration, given a folder for what it keeps. */
  static async start(setting: Setting, config?: (folder: string) => string): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "myelin-bench-"));
    const args = ["--addr", "127.0.0.1", "--port", "-1", "--http_port", "-1"];
    if (config !== undefined) {
      await writeFile(join(folder, "nats.conf"), config(folder));
      args.push("--config", join(folder, "nats.conf"));
    }
    const child = spawn(setting.natsServer, [...args, "--ports_file_dir", folder], {
      stdio: "ignore",
    });
    let failure: string | undefined;
    child.once("error", (error) => {
      failure = error.message;
    });
    child.once("exit", (code, signal) => {
      failure ??= `it ended with ${code ?? signal}`;
    });
    for (let waited = 0; waited < 1_000 && failure === undefined; waited++) {
      const ports = await readPorts(folder);
      if (ports !== undefined) return new Server(child, folder, ports);
      await pause(10);
    }
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
    throw new BenchError(
      `${setting.natsServer} did not start: ${failure ?? "no ports within 10 s"}`,
    );
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async counts(): Promise<ServerCounts> {
    const page = await fetch(`${this.#monitor}/varz`);
    if (!page.ok) throw new BenchError(`the server's monitoring answered ${page.status}`);
    return (await page.json()) as ServerCounts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
    this.#forget();
  }
}

interface Ports {
  readonly url: string;
  readonly monitor: string;
}

/** The server writes its ports to a file once it listens. */
async function readPorts(folder: string): Promise<Ports | undefined> {
  const file = (await readdir(folder)).find((name) => name.endsWith(".ports"));
  if (file === undefined) return undefined;
  try {
    const ports = JSON.parse(await readFile(join(folder, file), "utf8"));
    const url: unknown = ports.nats?.[0];
    const monitor: unknown = ports.monitoring?.[0];
    return typeof url === "string" && typeof monitor === "string" ? { url, monitor } : undefined;
  } catch {
    // Half written: the next look finds it whole.
    return undefined;
  }
}
