import { readFileSync } from "node:fs";
import type { TestMesh } from "@myelin/mesh/testing";
import { Header } from "@myelin/subjects";
import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import {
  type Credentials,
  parseCredentials,
  type SharedCall,
  signSharedCall,
} from "../../libs/identity/index.ts";
import { dial, patient } from "./dial.ts";

/** What a forged call says, where it is not an honest one. */
export interface Forgery {
  /** What is signed, where that is not what is sent. */
  readonly signed?: Partial<SharedCall>;
  /** Who signs. Default: the one who sends. */
  readonly signer?: Credentials;
  readonly workspace?: string;
  readonly now?: Date;
  readonly lifeMs?: number;
}

/** The headers and body of a call to desk's summarizer. */
export interface Letter {
  readonly call: SharedCall;
  readonly headers: ReturnType<typeof headers>;
}

/** A plain client with valid credentials, who writes calls to other workspaces by hand. */
export class Forger implements AsyncDisposable {
  readonly nc: NatsConnection;
  readonly credentials: Credentials;
  #made = 0;

  private constructor(nc: NatsConnection, credentials: Credentials) {
    this.nc = nc;
    this.credentials = credentials;
  }

  static async login(mesh: TestMesh, name: string, workspace: string): Promise<Forger> {
    const nc = await dial(await mesh.options(name, workspace));
    const file = await mesh.credentials(name, workspace);
    return new Forger(nc, parseCredentials(readFileSync(file, "utf8")));
  }

  /** A call as the library would send it, but for the forgery. */
  write(sent: Partial<SharedCall> = {}, forgery: Forgery = {}): Letter {
    const call: SharedCall = {
      account: this.credentials.account,
      caller: this.credentials.name,
      ...{ agent: "summarizer", skill: "condense", route: "any" },
      id: `forged-${++this.#made}`,
      token: `token-of-16-and-more-${this.#made}`,
      contentType: "application/json",
      body: Buffer.from('{"text":"x"}'),
      ...sent,
    };
    const { workspace = "desk", now = new Date(), lifeMs = 5_000 } = forgery;
    const signer = forgery.signer ?? this.credentials;
    const terms = { workspace, now, lifeMs };
    const { envelope, signer: jwt } = signSharedCall({ ...call, ...forgery.signed }, terms, signer);
    const head = headers();
    head.set(Header.timeout, "5000");
    head.set(Header.id, call.id);
    head.set(Header.token, call.token);
    head.set(Header.envelope, envelope);
    head.set(Header.signer, jwt);
    return { call, headers: head };
  }

  /** Sends it the way that `mesh.yaml` allows; the answer's code, or the answer. */
  async send({ call, headers }: Letter): Promise<string> {
    const { agent, skill, caller, body } = call;
    const subject = `mesh.outcall.desk.${agent}.${skill}.any.${caller}`;
    return read(await this.nc.request(subject, body, { headers, ...patient }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nc.close();
  }
}

/** The text of an error, or the answer. */
export function read(message: Msg): string {
  const error = message.headers?.get(Header.serviceError) ?? "";
  return error === "" ? message.string() : error;
}
