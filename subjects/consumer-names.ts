import { type MovedEventAddress, type Priority, priorities, type TaskAddress } from "./durable.ts";
import { isToken } from "./grammar.ts";
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

/** Whose tasks a consumer has, and of which class; undefined where it has no tasks. */
export function parseTaskConsumer(
  consumer: string,
): Pick<TaskAddress, "agent" | "priority"> | undefined {
  const priority = priorities.find((one) => consumer.endsWith(`-${one}`));
  if (priority === undefined) return undefined;
  const agent = consumer.slice(0, -priority.length - 1);
  return isToken(agent) ? { agent, priority } : undefined;
}

/** The consumer of a durable subscription; `=` is in no name, so no two agents' names run together. */
export function followConsumer(agent: string, follow: string): ConsumerName {
  return { stream: Store.events, consumer: `${agent}=${follow}` };
}

/** Whose subscription a consumer is; undefined for one that is none. */
export function parseFollowConsumer(
  consumer: string,
): Pick<MovedEventAddress, "agent" | "follow"> | undefined {
  const [agent = "", follow = "", ...more] = consumer.split("=");
  return more.length === 0 && isToken(agent) && isToken(follow) ? { agent, follow } : undefined;
}

/** Keeper's own: what the server says of messages that it delivers no more. */
export const advisoryConsumer: ConsumerName = Object.freeze({
  stream: Store.advisories,
  consumer: "keeper",
});
