import { connect, on } from "@myelin/mesh";
import { followConsumer, storeApiPrefix } from "@myelin/subjects";
import { jetstream } from "@nats-io/jetstream";
import { connect as dial } from "@nats-io/transport-node";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { meshLogin, rawLogin } from "../support/login.ts";
import { publisher } from "./contract.ts";
import { names } from "./names.ts";
import type { Place } from "./side.ts";

/** Ways to take events. */
export type Kind = "raw" | "mesh";

export interface Consuming extends Place {
  readonly kind: Kind;
  /** Most that may be fetched ahead; without it as it is by default. */
  readonly window?: number;
}

/** What was handled in a while. */
export interface Handled {
  readonly count: number;
  readonly tookMs: number;
  /** Most resident memory of this process meanwhile, in MiB. */
  readonly peakMiB: number;
}

/** Begins to handle, and stops. */
interface Consumer {
  readonly start: (handle: () => void) => Promise<() => Promise<void>>;
}

let consumer: Consumer | undefined;

answering({
  async start(place: Consuming) {
    consumer = place.kind === "raw" ? await raw(place) : await mesh(place);
  },

  /** Handles so many, counting from the first. */
  async consume(most: number): Promise<Handled> {
    if (consumer === undefined) throw new BenchError("consume comes after start");
    return consume(consumer, most);
  },
});

async function consume({ start }: Consumer, most: number): Promise<Handled> {
  let count = 0;
  let beganAt = 0;
  let endedAt = 0;
  let peak = 0;
  const measured = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const isOver = latch();
  const stop = await start(() => {
    if (count === 0) beganAt = performance.now();
    count++;
    if (count !== most) return;
    endedAt = performance.now();
    isOver.open();
  });
  await isOver.opened;
  clearInterval(measured);
  await stop();
  return { count: most, tookMs: endedAt - beganAt, peakMiB: peak / 1_048_576 };
}

function latch() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** The client's own consume with a callback, and its data read as JSON. */
async function raw({ url, login, window }: Consuming): Promise<Consumer> {
  const nc = await dial({ servers: url, ...(await rawLogin(login, names.follower)) });
  const store = jetstream(nc, { apiPrefix: storeApiPrefix, checkAPI: false } as never);
  const { stream, consumer } = followConsumer(names.follower, "raw");
  const own = await store.consumers.get(stream, consumer);
  return {
    async start(handle) {
      const messages = await own.consume({
        ...(window === undefined ? {} : { max_messages: window }),
        callback: (message) => {
          message.json();
          handle();
          message.ack();
        },
      });
      return async () => void (await messages.close());
    },
  };
}

async function mesh({ url, login, window }: Consuming): Promise<Consumer> {
  const joined = await connect({ name: names.follower, servers: [url], ...meshLogin(login) });
  return {
    async start(handle) {
      const noted = on(publisher, "noted", () => handle());
      const options = window === undefined ? {} : { prefetch: window };
      const following = await joined.follow("mesh", [noted], options);
      return () => following.stop();
    },
  };
}
