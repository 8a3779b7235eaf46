import { MeshCode, MeshError } from "../errors/index.ts";
import { Link } from "../nats/index.ts";
import { Questions } from "../operate/questions.ts";
import type { StoreDoor } from "../operate/stores/index.ts";
import { hexId, systemClock } from "../pipeline/index.ts";
import type { PlainLogin } from "./plain-client.ts";

const patience = { firstMs: 5_000, gapMs: 0, most: 1 } as const;

/** A way into a store account, as `apply` has it; close it when it was used. */
export async function openStore(login: PlainLogin): Promise<StoreDoor & AsyncDisposable> {
  const { name, file, caFile, url } = login;
  const link = await Link.connect({ servers: [url], name, credentials: file, tls: { caFile } });
  const questions = new Questions({ link, clock: systemClock, name, instance: hexId(8) });
  return {
    serverVersion: link.serverVersion,
    ask: async (subject, payload = "") => {
      const [answer] = await questions.ask(subject, patience, payload);
      if (answer !== undefined) return Buffer.from(answer.message.payload).toString("utf8");
      throw new MeshError(MeshCode.Unavailable, `no answer to ${subject}`, { origin: "peer" });
    },
    [Symbol.asyncDispose]: () => link.close(),
  };
}
