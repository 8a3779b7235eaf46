import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@myelin/mesh/testing";
import { bundle, type Programs } from "../bench/support/bundle.ts";
import type { ChaosCluster } from "./cluster.ts";
import { workers } from "./plan.ts";
import { noteStop } from "./runs.ts";

/** What a worker process is told. */
export interface WorkerOrder {
  readonly access: ReturnType<ChaosCluster["access"]>;
  /** Where it leaves its stones, and notes of each time it ran. */
  readonly folder: string;
}

const patienceMs = 60_000;

/** The workers of one run, each of which may be ill-treated; one that dies is followed by another. */
export class Crew implements AsyncDisposable {
  readonly #programs: Programs;
  readonly #program: string;
  readonly #order: WorkerOrder;
  readonly #hands: Hand[] = [];

  private constructor(programs: Programs, program: string, order: WorkerOrder) {
    this.#programs = programs;
    this.#program = join(programs.folder, `${program}.js`);
    this.#order = order;
  }

  /** Starts them all; resolves when they take work. */
  static async start(program: string, order: WorkerOrder): Promise<Crew> {
    // One file of plain JavaScript starts within a moment, also where everything else is busy.
    const programs = await bundle([program], fileURLToPath(new URL(".", import.meta.url)));
    const crew = new Crew(programs, program, order);
    try {
      await Promise.all(Array.from({ length: workers }, (_, at) => crew.#start(at)));
      return crew;
    } catch (error) {
      await crew[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Kills one, and starts another in its place. */
  async kill(at: number): Promise<void> {
    await this.#hands[at]?.end();
    await this.#start(at);
  }

  /** Stops one in the middle of what it does, for so long that it is taken for dead; then it goes on. */
  async stop(at: number, forMs: number): Promise<void> {
    const hand = this.#hands[at];
    noteStop(this.#order.folder, hand?.pid);
    hand?.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, forMs));
    hand?.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand.end()));
    await this.#programs[Symbol.asyncDispose]();
  }

  /** As whoever keeps programs running does: one that ends by itself is started again. */
  async #start(at: number): Promise<void> {
    const until = performance.now() + patienceMs;
    for (;;) {
      const hand = new Hand(this.#program, this.#order);
      this.#hands[at] = hand;
      if (await hand.isReady(until - performance.now())) return;
      await hand.end();
    }
  }
}

/** One worker. */
class Hand {
  readonly #child: ChildProcess;
  #said = "";

  constructor(program: string, order: WorkerOrder) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(order)], {
      // Its input ends with us, however we end: then it ends too.
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (bytes: Buffer) => {
      this.#said += String(bytes);
    });
  }

  /** Whether it takes work; false when it has ended before. */
  async isReady(timeoutMs: number): Promise<boolean> {
    const told = (): boolean => this.#said.includes("ready");
    await eventually("a worker takes work", () => told() || this.#hasEnded, { timeoutMs });
    return told();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, "exit");
    this.signal("SIGKILL");
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
