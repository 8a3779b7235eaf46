import { type ChildProcess, fork } from "node:child_process";
import { MeshCode, MeshError } from "@myelin/mesh";
import { hasEnded, stop, untilEnd } from "./child.ts";

/** One process of the crew. */
export interface Member {
  readonly agent: string;
  /** Tells instances of one agent apart, for people: `summarizer-2`. */
  readonly label: string;
}

export interface CrewOptions {
  /** The program of a member; it is given the agent's name and the label. */
  readonly program: (member: Member) => string;
  /** The environment of a member's process; what is undefined in it is not there. */
  readonly env: (member: Member) => Readonly<Record<string, string | undefined>>;
  /** An open file for what the processes print. */
  readonly log: number;
  /** Hears of a process that ended though nobody asked it to. */
  readonly onLoss: (member: Member, how: string) => void;
}

// Seconds on a machine that is free; one that is busy takes its time.
const readyMs = 120_000;
const stopMs = 8_000;

/** The agents' processes: started, ended on purpose, and all stopped at the end. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #children = new Map<string, ChildProcess>();
  readonly #members = new Map<string, Member>();
  readonly #dismissed = new WeakSet<ChildProcess>();
  #isStopping = false;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Starts a process; resolves when its agent can be called. */
  async start(member: Member): Promise<void> {
    if (this.#isStopping) throw new MeshError(MeshCode.Closed, "the desk is closing");
    const { program, env, log } = this.#options;
    const child = fork(program(member), [member.agent, member.label], {
      // An agent writes no answers to a terminal, and hears of our end by the channel.
      stdio: ["ignore", log, log, "ipc"],
      env: env(member),
      // In a group of its own: Ctrl-C is for the desk, which decides who stops when.
      detached: true,
    });
    this.#children.set(member.label, child);
    this.#members.set(member.label, member);
    const ended = untilEnd(child);
    await untilReady(child, ended, member);
    void ended.then((how) => {
      if (!this.#isStopping && !this.#dismissed.has(child)) {
        this.#options.onLoss(member, how);
      }
    });
  }

  /** Ends a process as a failing machine would; answers with its id. */
  async kill(label: string): Promise<number | undefined> {
    return this.#end(label, "SIGKILL");
  }

  /** Asks a process to finish what it does and to leave. */
  async drain(label: string): Promise<number | undefined> {
    return this.#end(label, "SIGTERM");
  }

  /** Starts a process again that was ended on purpose; resolves when its agent can be called. */
  async revive(label: string): Promise<void> {
    const member = this.#members.get(label);
    const child = this.#children.get(label);
    if (member === undefined || (child !== undefined && !hasEnded(child))) return;
    await this.start(member);
  }

  /** Stops a process in the middle of what it does, until `thaw`; answers with its id. */
  freeze(label: string): number | undefined {
    const child = this.#children.get(label);
    return child?.kill("SIGSTOP") === true ? child.pid : undefined;
  }

  /** Lets a process go on that was frozen. */
  thaw(label: string): void {
    this.#children.get(label)?.kill("SIGCONT");
  }

  /** Stops every process; a second time waits for the first. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    // One that is frozen would not hear that it shall end.
    for (const label of this.#children.keys()) this.thaw(label);
    await Promise.all([...this.#children.values()].map((child) => stop(child, stopMs)));
  }

  async #end(label: string, signal: "SIGKILL" | "SIGTERM"): Promise<number | undefined> {
    const child = this.#children.get(label);
    if (child === undefined || hasEnded(child)) return undefined;
    this.#dismissed.add(child);
    const ended = untilEnd(child);
    child.kill(signal);
    await ended;
    return child.pid;
  }
}

async function untilReady(
  child: ChildProcess,
  ended: Promise<string>,
  { label }: Member,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<undefined>((resolve) =>
    child.once("message", () => resolve(undefined)),
  );
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, readyMs, `nothing heard of it in ${readyMs / 1_000} s`);
  });
  const failure = await Promise.race([ready, ended, late]);
  clearTimeout(timer);
  if (failure !== undefined) {
    throw new MeshError(
      MeshCode.Unavailable,
      `${label} did not start: ${failure}; desk.log says why`,
    );
  }
}
