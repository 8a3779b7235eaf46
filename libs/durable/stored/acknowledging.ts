import { nanosecondsPerMs } from "@myelin/subjects";
import type { Inbound, Link } from "../../nats/index.ts";

/** What is said to the server of a delivered message. */
export const Word = Object.freeze({
  /** It is done with. */
  done: "+ACK",
  /** It is being worked on: the server waits on. */
  working: "+WPI",
  /** It is given up: the server says so to whoever listens. */
  givenUp: (code: string) => `+TERM ${code}`,
  /** It shall come again, after so many milliseconds; the server takes its time over a delay of none. */
  again: (delayMs: number) =>
    delayMs <= 0
      ? "-NAK"
      : `-NAK ${JSON.stringify({ delay: Math.ceil(delayMs) * nanosecondsPerMs })}`,
} as const);

/** Says it; where the link is down nothing is said, and the message comes again. */
export function acknowledge(
  link: Pick<Link, "publish">,
  delivery: { readonly message: Pick<Inbound, "reply"> },
  word: string,
): void {
  try {
    link.publish(delivery.message.reply, word, { mayWait: true });
  } catch {
    // It is looked up first when it has come again.
  }
}
