import type { Priority } from "./durable.ts";
import { Store, type StoreName } from "./stores.ts";

/** A consumer that agents may pull from; `apply` and keeper make it. */
export interface ConsumerName {
  readonly stream: StoreName;
  readonly consumer: string;
}

/** The consumer of an agent's tasks of one class. */
export function taskConsumer(agent: string, priority: Priority): ConsumerName {
  return { stream: Store.tasks, consumer: `${agent}-${priority}` };
}

/** The consumer of a durable subscription; `=` is in no name, so no two agents' names run together. */
export function followConsumer(agent: string, follow: string): ConsumerName {
  return { stream: Store.events, consumer: `${agent}=${follow}` };
}

/** Keeper's own: what the server says of messages that it delivers no more. */
export const advisoryConsumer: ConsumerName = Object.freeze({
  stream: Store.advisories,
  consumer: "keeper",
});
