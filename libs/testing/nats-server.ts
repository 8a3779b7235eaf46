import { randomInt } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MeshCode, MeshError } from "../errors/index.ts";
import { findProgram, serverProgram } from "./binary.ts";
import { claimPort } from "./claimed-port.ts";
import { guardedFolder } from "./guard.ts";
import { ServerLog } from "./server-log.ts";
import { ServerProcess } from "./server-process.ts";

/** What is special about a server under test. */
export interface NatsOptions {
  /** More lines for its configuration file, such as `max_payload: 2048`. Default: none. */
  readonly config?: string;
  /** Lines that stay when `reload` brings others, such as those of TLS and login. Default: none. */
  readonly base?: string;
  /** Whether it keeps streams, in a folder of its own. Default: false. */
  readonly jetstream?: boolean;
  /** Whether it answers on an HTTP port, see `monitorUrl`. Default: false. */
  readonly monitor?: boolean;
  /** Its port on 127.0.0.1. Default: a random free one. */
  readonly port?: number;
}

// Below the range the kernel takes for outgoing connections: a client that dials a dead port in that range can
// meet itself there, and then the server cannot have it back.
export const ports = { from: 20_000, to: 32_000 } as const;
const portTries = 20;

/** Starts a fresh, real nats-server of its own; end it with `stop()` or `await using`. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const binary = findProgram(serverProgram);
  const folder = guardedFolder();
  for (let tries = 1; ; tries++) {
    const port = options.port ?? randomInt(ports.from, ports.to);
    const release = claimPort(port);
    // One that is down for a moment will want it back.
    if (release === undefined && options.port === undefined && tries < portTries) continue;
    const server = new NatsServer(binary, folder, port, { ...options, release });
    try {
      await server.restart();
      return server;
    } catch (error) {
      const taken = server.log.includes("address already in use");
      if (taken && options.port === undefined && tries < portTries) {
        release?.();
        continue;
      }
      await server.stop();
      throw error;
    }
  }
}

interface ServerOptions extends NatsOptions {
  /** Gives its port back. */
  readonly release?: (() => void) | undefined;
}

/** A real nats-server on 127.0.0.1 that a test may ill-treat. */
export class NatsServer {
  readonly port: number;
  readonly #binary: string;
  readonly #folder: string;
  readonly #options: ServerOptions;
  readonly #log: ServerLog;
  #run: ServerProcess | undefined;
  #stopped = false;

  /** @internal Use `startNats`. */
  constructor(binary: string, folder: string, port: number, options: ServerOptions) {
    this.port = port;
    this.#binary = binary;
    this.#folder = folder;
    this.#options = options;
    this.#log = new ServerLog(`nats-server on 127.0.0.1:${port}, started ${caller()}`);
    this.#configure(options.config ?? "");
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Its HTTP port's URL, where `monitor` was asked for. */
  get monitorUrl(): string {
    const port = /Starting http monitor on 127\.0\.0\.1:(\d+)/.exec(this.log)?.[1];
    if (port !== undefined) return `http://127.0.0.1:${port}`;
    throw new MeshError(MeshCode.InvalidArgument, "start it with { monitor: true } first");
  }

  /** The process's id while it runs. */
  get pid(): number | undefined {
    return this.#run?.isRunning === true ? this.#run.pid : undefined;
  }

  /** What it has logged, the last 200 lines at most. */
  get log(): string {
    return this.#log.text;
  }

  /** Cuts it off without a word, as SIGKILL does. It can be restarted. */
  async kill(): Promise<void> {
    await this.#run?.end("SIGKILL");
  }

  /** Ends it in good order, as an operator does who will start it again: what it leads goes to others first. */
  async quit(): Promise<void> {
    await this.#run?.end("SIGTERM");
  }

  /** Starts it again on the same port with what it had stored, after a kill where it still runs. */
  async restart(): Promise<void> {
    if (this.#stopped) throw new MeshError(MeshCode.Closed, `${this.url} was stopped for good`);
    await this.kill();
    const args = ["-c", this.#configFile, "-P", join(this.#folder, "pid")];
    this.#run = await ServerProcess.start(this.#binary, args, this.#log);
  }

  /** Freezes it: connections stay open and nothing moves. */
  async pause(): Promise<void> {
    await this.#run?.freeze();
  }

  /** Lets a frozen one go on. */
  resume(): void {
    this.#run?.signal("SIGCONT");
  }

  /** Tells its clients that it is about to go, as an operator's `nats-server --signal ldm` does. */
  lameDuck(): void {
    this.#run?.signal("SIGUSR2");
  }

  /** Gives it other lines of configuration while it runs; resolves when they hold. */
  async reload(config: string): Promise<void> {
    this.#configure(config);
    const said = this.#log.next(/(Reloaded|Failed to reload) server configuration/, 5_000);
    this.#run?.signal("SIGHUP");
    const line = await said;
    if (line.includes("Failed")) throw new MeshError(MeshCode.InvalidArgument, line);
  }

  /** Ends it for good and removes what it stored. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#run?.end("SIGTERM");
    this.#options.release?.();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #configFile(): string {
    return join(this.#folder, "nats.conf");
  }

  #configure(extra: string): void {
    const lines = [`listen: "127.0.0.1:${this.port}"`];
    if (this.#options.monitor === true) lines.push(`http: "127.0.0.1:-1"`);
    if (this.#options.jetstream === true)
      lines.push(`jetstream { store_dir: "${join(this.#folder, "store")}" }`);
    const { base = "" } = this.#options;
    writeFileSync(this.#configFile, `${[...lines, extra, base].join("\n")}\n`);
  }
}

/** The first line of the stack outside this folder: which test it was. */
function caller(): string {
  const lines = new Error("where").stack?.split("\n").slice(1) ?? [];
  const line = lines.find((text) => !text.includes("/testing/"));
  return line === undefined ? "somewhere" : line.trim();
}
