import { jetstream } from "@nats-io/jetstream";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { drive, type Load } from "../support/drive.ts";
import { makePayload } from "../support/payload.ts";

/** Where events are published, and as whom. */
export interface Desk {
  readonly url: string;
  readonly caFile: string;
  readonly credentials: string;
  readonly subject: string;
  /** What begins the subjects of the streams' API there. */
  readonly api: string;
}

let publish: (() => Promise<unknown>) | undefined;

answering({
  async start({ url, caFile, credentials, subject, api }: Desk) {
    const nc = await connect({
      servers: url,
      tls: { caFile },
      authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
      inboxPrefix: "_INBOX.bob",
    });
    const client = jetstream(nc, { apiPrefix: api, checkAPI: false } as never);
    const payload = JSON.stringify(makePayload());
    publish = () => client.publish(subject, payload);
    const { stream } = await client.publish(subject, payload);
    if (stream !== "MESH_EVENTS") throw new BenchError(`the event went to ${stream}`);
  },

  drive: (load: Load) => {
    if (publish === undefined) throw new BenchError("drive comes after start");
    return drive(publish, load);
  },
});
