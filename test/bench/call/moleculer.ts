import { ServiceBroker } from "moleculer";
import { makePayload } from "../support/payload.ts";
import type { CallSide } from "./side.ts";

/** Moleculer over the same server, with its defaults; only its log is off. */
export const moleculer: CallSide = {
  async agent({ url }) {
    const broker = new ServiceBroker({ nodeID: "bench-agent", transporter: url, logger: false });
    broker.createService({
      name: "bench",
      actions: { echo: (context: { readonly params: unknown }) => context.params },
    });
    await broker.start();
  },

  async caller({ url }) {
    const broker = new ServiceBroker({ nodeID: "bench-caller", transporter: url, logger: false });
    await broker.start();
    await broker.waitForServices("bench", 10_000);
    const payload = makePayload();
    return () => broker.call("bench.echo", payload);
  },
};
