import { connect, type Mesh } from "@myelin/mesh";
import { storeApiPrefix } from "@myelin/subjects";
import { jetstream } from "@nats-io/jetstream";
import { connect as dial } from "@nats-io/transport-node";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { type Driven, drive, type Load } from "../support/drive.ts";
import { meshLogin, rawLogin } from "../support/login.ts";
import { makePayload } from "../support/payload.ts";
import { bareSocket } from "./bare.ts";
import { worker } from "./contract.ts";
import { names } from "./names.ts";
import { type Place, subject } from "./side.ts";

/** Ways to store a task. */
export type Kind = "raw" | "unsigned" | "signed" | "bare";

export interface Submitting extends Place {
  readonly kind: Kind;
}

type Run = (load: Load) => Promise<Driven>;

let run: Run | undefined;

answering({
  async start(place: Submitting) {
    run = await kinds[place.kind](place);
  },

  drive: (load: Load) => {
    if (run === undefined) throw new BenchError("drive comes after start");
    return run(load);
  },
});

const kinds: Readonly<Record<Kind, (place: Place) => Promise<Run>>> = {
  /** The client's own publish, with the acknowledgement of the same stream. */
  async raw({ url, login }) {
    const nc = await dial({ servers: url, ...(await rawLogin(login, names.submitter)) });
    const store = jetstream(nc, { apiPrefix: storeApiPrefix, checkAPI: false } as never);
    const payload = makePayload();
    return driving(() => store.publish(subject, JSON.stringify(payload)));
  },

  /** The same login by the client's own hand: then the library has no key to sign with. */
  async unsigned({ url, login }) {
    const { authenticator, tls } = await rawLogin(login, names.submitter);
    return submitting(await connect({ ...who, servers: url, nats: { authenticator, tls } }));
  },

  async signed({ url, login }) {
    return submitting(await connect({ ...who, servers: url, ...meshLogin(login) }));
  },

  bare: bareSocket,
};

const who = { name: names.submitter };

function submitting(mesh: Mesh): Promise<Run> {
  const client = mesh.client(worker);
  const input = makePayload();
  return driving(() => client.echo.submit({ ...input }));
}

/** The first one also shows that it can be done. */
async function driving(store: () => Promise<unknown>): Promise<Run> {
  await store();
  return (load) => drive(store, load);
}
