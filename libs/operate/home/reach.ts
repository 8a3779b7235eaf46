import { MeshCode, MeshError } from "../../errors/index.ts";
import { Link } from "../../nats/index.ts";
import { hexId, systemClock } from "../../pipeline/index.ts";
import { Questions } from "../questions.ts";
import { homeClient } from "./certificates.ts";
import { type Identity, passingCredentials } from "./credentials.ts";
import { isThere } from "./files.ts";
import type { Home } from "./home.ts";

/** Where the servers of a mesh are. */
export interface Reach {
  /** URLs of one cluster. */
  readonly servers: readonly string[];
}

/** How to ask many. */
export interface AskAllOptions {
  readonly payload?: string;
  /** Answers that are enough. Default: 1000. */
  readonly most?: number;
  /** How long to wait for the first one, in milliseconds. Default: 5000. */
  readonly firstMs?: number;
}

const answerMs = 5_000;

/** A way into an account, with credentials that last some minutes and are on no disk. */
export class Entrance implements AsyncDisposable {
  readonly #link: Link;
  readonly #questions: Questions;

  private constructor(link: Link, name: string) {
    this.#link = link;
    this.#questions = new Questions({ link, clock: systemClock, name, instance: hexId(8) });
  }

  /** Logs in; a server that is not there or refuses is told with what to do. */
  static async open(home: Home, identity: Identity, { servers }: Reach): Promise<Entrance> {
    const { name } = identity;
    const text = await passingCredentials(home, identity);
    const link = await Link.connect({
      servers,
      name,
      credentials: { text },
      tls: tlsOf(home),
    });
    return new Entrance(link, name);
  }

  /** The version of the server that answers, as it says. */
  get serverVersion(): string {
    return this.#link.serverVersion;
  }

  /** The first answer to a question; throws `unavailable` where nobody answers. */
  async ask(subject: string, payload: string = ""): Promise<string> {
    const [answer] = await this.askAll(subject, { payload, most: 1 });
    if (answer !== undefined) return answer;
    const detail = `no answer to ${subject} within ${answerMs} ms`;
    throw new MeshError(MeshCode.Unavailable, detail, { origin: "peer" });
  }

  /** Every answer to a question, as texts. */
  async askAll(
    subject: string,
    { payload = "", most = 1_000, firstMs = answerMs }: AskAllOptions = {},
  ): Promise<string[]> {
    const patience = { firstMs, gapMs: 200, most };
    const answers = await this.#questions.ask(subject, patience, payload);
    return answers.map(({ message }) => Buffer.from(message.payload).toString("utf8"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.close();
  }
}

/** The mesh's own authority, and the home's certificate where servers ask for one. */
function tlsOf(home: Home): {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
} {
  const { certificate, key } = home.layout.client(homeClient);
  const { ca: caFile } = home.layout.tls;
  return isThere(certificate) ? { caFile, certFile: certificate, keyFile: key } : { caFile };
}
