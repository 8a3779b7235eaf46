import type { FileHandle } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { connect, type Mesh } from "@myelin/mesh";
import { type Digested, editor, type Progress, progress } from "../contracts/editor.ts";
import type { Source } from "../documents/sources.ts";
import { newDesk, newRun } from "../editing/tasks.ts";
import { type Broker, startBroker } from "../processes/broker.ts";
import { Crew, type Member } from "../processes/crew.ts";
import { writeSettings } from "../settings.ts";
import type { DeskHome } from "./home.ts";

/** What a desk is opened with. */
export interface DeskParts {
  readonly sources: readonly Source[];
  /** The folder that paths are told relative to. */
  readonly base: string;
  readonly out: string;
  readonly summarizers: number;
  /** The nats-server to run. */
  readonly natsServer: string;
  /** Where the identities are. */
  readonly home: DeskHome;
  /** An open file for what the processes print. */
  readonly log: FileHandle;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears of an agent that ended though nobody asked it to. */
  readonly onLoss: (member: Member, how: string) => void;
  /** Hears where the mesh is, before the agents are there. */
  readonly onBroker: (url: string) => void;
  /** Hears how many of its programs have started, keeper among them. */
  readonly onReady: (ready: number, of: number) => void;
  readonly signal: AbortSignal;
}

const ownName = "desk";

/** The port on which plain clients look for NATS. */
export const usualPort = 4222;

const agentProgram = fileURLToPath(new URL("../agent.ts", import.meta.url));

/** The caretaker of what is stored; it is no agent of ours, but a program that every mesh has. */
const keeper: Member = { agent: "keeper", label: "keeper" };
const keeperProgram = fileURLToPath(new URL("main.ts", import.meta.resolve("@myelin/keeper")));

// Enough that each of them works on one and has others waiting.
const documentsPerSummarizer = 3;

/** Starts a server and the agents around it; stops them again when one does not start. */
export async function openDesk(parts: DeskParts): Promise<Desk> {
  const { natsServer, home, log, onLoss, signal } = parts;
  const broker = await startBroker({
    ...{ program: natsServer, port: usualPort, log: log.fd },
    configure: (address) => home.configure(address),
  });
  parts.onBroker(broker.url);
  const name = newDesk();
  const env = environments(parts, name, broker.url);
  const program = ({ agent }: Member) => (agent === keeper.agent ? keeperProgram : agentProgram);
  const crew = new Crew({ program, log: log.fd, onLoss, env });
  const leave = (): void => void crew.stop();
  signal.addEventListener("abort", leave);
  try {
    signal.throwIfAborted();
    // Whoever takes tasks begins with where they lie.
    await home.publish(broker.url);
    await startAll(crew, crewOf(parts.summarizers), parts.onReady);
    const { credentials, caFile } = home.pass(ownName);
    const own = { name: ownName, servers: broker.url, credentials, tls: { caFile } };
    return new Desk({ name, home, broker, crew, mesh: await connect(own) });
  } catch (error) {
    await crew.stop();
    await broker.stop();
    await home.forget(broker.address);
    throw error;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

interface OpenDesk {
  readonly name: string;
  readonly home: DeskHome;
  readonly broker: Broker;
  readonly crew: Crew;
  readonly mesh: Mesh;
}

/** One digest that was ordered. */
export interface Order {
  readonly run: string;
  /** How far it is, as it is told. */
  readonly progress: AsyncIterable<Progress>;
  /** What became of it. */
  result(): Promise<Digested>;
}

/** The agents' processes and the server between them; `close` stops them all. */
export class Desk {
  readonly url: string;
  readonly crew: Crew;
  readonly broker: Broker;
  readonly #parts: OpenDesk;

  /** @internal Use `openDesk`. */
  constructor(parts: OpenDesk) {
    this.url = parts.broker.url;
    this.crew = parts.crew;
    this.broker = parts.broker;
    this.#parts = parts;
  }

  /** The folder with the mesh's identities. */
  get home(): DeskHome {
    return this.#parts.home;
  }

  /** Has a digest written: it is stored by then, and is written whoever dies meanwhile. */
  async order(
    about: { readonly maxWords: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Order> {
    const run = newRun(this.#parts.name);
    const { digest } = this.#parts.mesh.client(editor);
    const task = await digest.submit({ run, ...about }, { id: run, signal });
    return {
      run,
      progress: told(task.progress({ signal })),
      result: () => task.result({ signal }),
    };
  }

  /** Stops in the reverse order of the start: agents finish over a server that is still there. */
  async close(): Promise<void> {
    const { mesh, crew, broker, home } = this.#parts;
    await mesh.close();
    await crew.stop();
    await broker.stop();
    await home.forget(broker.address);
  }
}

async function* told(values: AsyncIterable<{ readonly value: unknown }>): AsyncIterable<Progress> {
  for await (const { value } of values) {
    const read = progress.safeParse(value);
    if (read.success) yield read.data;
  }
}

/** The agents of which there is one. */
export const singles = ["librarian", "indexer", "reviewer", "editor"] as const;

/** The name of one summarizer, counted from 1. */
export function summarizerLabel(number: number): string {
  return `summarizer-${number}`;
}

function crewOf(summarizers: number): readonly Member[] {
  return [
    keeper,
    ...singles.map((agent) => ({ agent, label: agent })),
    ...Array.from({ length: summarizers }, (_, at) => ({
      agent: "summarizer",
      label: summarizerLabel(at + 1),
    })),
  ];
}

async function startAll(
  crew: Crew,
  members: readonly Member[],
  onReady: (ready: number, of: number) => void,
): Promise<void> {
  let ready = 0;
  await Promise.all(
    members.map(async (member) => {
      await crew.start(member);
      onReady(++ready, members.length);
    }),
  );
}

/** What each process is told: what to do, where the mesh is, and who it is itself. */
function environments(
  { env, home, sources, base, out, summarizers }: DeskParts,
  desk: string,
  url: string,
) {
  const documentsAtOnce = summarizers * documentsPerSummarizer;
  const settings = writeSettings({ sources: [...sources], base, out, desk, documentsAtOnce });
  return ({ agent }: Member) => {
    const { credentials, caFile } = home.pass(agent);
    const own = { MYELIN_URL: url, MYELIN_CREDS: credentials, MYELIN_CA: caFile };
    return { ...env, ...elsewhere, ...settings, ...own };
  };
}

/** A person's own mesh, and what else of it is in the environment, is not the desk's. */
const elsewhere = {
  ...{ MYELIN_AS: undefined, MYELIN_STORE_CREDS: undefined, MYELIN_PORT: undefined },
  ...{ MYELIN_HOME: undefined, MYELIN_CERT: undefined, MYELIN_KEY: undefined },
  ...{ NATS_CERT: undefined, NATS_KEY: undefined },
};
