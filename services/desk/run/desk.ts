import type { FileHandle } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { connect, type Mesh } from "@myelin/mesh";
import { editor, type Figure, type Progress } from "../contracts/editor.ts";
import type { Source } from "../documents/sources.ts";
import { figuresOf } from "../editing/figures.ts";
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
  /** Hears how many of the agents have started. */
  readonly onReady: (ready: number, of: number) => void;
  readonly signal: AbortSignal;
}

const ownName = "desk";

/** The port on which plain clients look for NATS. */
export const usualPort = 4222;

const program = fileURLToPath(new URL("../agent.ts", import.meta.url));

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
  const env = environments(parts, broker.url);
  const crew = new Crew({ program, log: log.fd, onLoss, env });
  const leave = (): void => void crew.stop();
  signal.addEventListener("abort", leave);
  try {
    signal.throwIfAborted();
    await Promise.all([
      home.publish(broker.url),
      startAll(crew, crewOf(parts.summarizers), parts.onReady),
    ]);
    const { credentials, caFile } = home.pass(ownName);
    const own = { name: ownName, servers: broker.url, credentials, tls: { caFile } };
    return new Desk(parts.home, broker, crew, await connect(own));
  } catch (error) {
    await crew.stop();
    await broker.stop();
    await home.forget(broker.address);
    throw error;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** The agents' processes and the server between them; `close` stops them all. */
export class Desk {
  readonly url: string;
  readonly crew: Crew;
  readonly #home: DeskHome;
  readonly #broker: Broker;
  readonly #mesh: Mesh;

  /** @internal Use `openDesk`. */
  constructor(home: DeskHome, broker: Broker, crew: Crew, mesh: Mesh) {
    this.url = broker.url;
    this.#home = home;
    this.crew = crew;
    this.#broker = broker;
    this.#mesh = mesh;
  }

  /** The folder with the mesh's identities. */
  get home(): string {
    return this.#home.folder;
  }

  /** Has the digest written. */
  write(
    order: { readonly maxWords: number; readonly limit: number },
    signal: AbortSignal,
  ): AsyncIterable<Progress> {
    return this.#mesh.client(editor).digest(order, { signal });
  }

  /** How our own calls went. */
  figures(): readonly Figure[] {
    return figuresOf(this.#mesh.metrics);
  }

  /** Stops in the reverse order of the start: agents finish over a server that is still there. */
  async close(): Promise<void> {
    await this.#mesh.close();
    await this.crew.stop();
    await this.#broker.stop();
    await this.#home.forget(this.#broker.address);
  }
}

/** The name of one summarizer, counted from 1. */
export function summarizerLabel(number: number): string {
  return `summarizer-${number}`;
}

function crewOf(summarizers: number): readonly Member[] {
  const single = ["librarian", "indexer", "reviewer", "editor"];
  return [
    ...single.map((agent) => ({ agent, label: agent })),
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
function environments({ env, home, sources, base, out, summarizers }: DeskParts, url: string) {
  const documentsAtOnce = summarizers * documentsPerSummarizer;
  const settings = writeSettings({ sources: [...sources], base, out, documentsAtOnce });
  return ({ agent }: Member) => {
    const { credentials, caFile } = home.pass(agent);
    const own = { MYELIN_URL: url, MYELIN_CREDS: credentials, MYELIN_CA: caFile };
    return { ...env, ...elsewhere, ...settings, ...own };
  };
}

/** A person's own mesh is not the desk's. */
const elsewhere = {
  ...{ MYELIN_HOME: undefined, MYELIN_CERT: undefined, MYELIN_KEY: undefined },
  ...{ NATS_CERT: undefined, NATS_KEY: undefined },
};
