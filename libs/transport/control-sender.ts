import {
  anyRoute,
  type Control,
  controlSubject,
  foreignControlSubject,
  parseForeignName,
  routeToken,
} from "@myelin/subjects";
import type { Link } from "../nats/index.ts";
import { json } from "../wire/index.ts";
import type { Attempt } from "./attempt.ts";
import type { Inbox } from "./inbox.ts";

/** Tells an instance about attempts it has: cancel, credit, probe. Losing one does no harm that lasts. */
export class ControlSender {
  readonly #link: Link;
  readonly #inbox: Inbox;
  readonly #name: string;
  /** A reply subject in our inbox proves who speaks; nobody answers there (SECURITY). */
  readonly #nowhere: string;

  constructor(link: Link, inbox: Inbox, name: string) {
    this.#link = link;
    this.#inbox = inbox;
    this.#name = name;
    this.#nowhere = inbox.subject("control");
  }

  cancel(attempt: Attempt): void {
    this.#send(attempt.call.operation.agent, attempt.instance, {
      cancel: { token: attempt.token },
    });
  }

  credit(attempt: Attempt, bytes: number): void {
    this.#send(attempt.call.operation.agent, attempt.instance, {
      credit: { token: attempt.token, bytes },
    });
  }

  /** Asks whether these attempts are still held; the answer comes under `replyToken`. */
  probe(
    agent: string,
    instance: string | undefined,
    tokens: readonly string[],
    replyToken: string,
  ): void {
    this.#send(agent, instance, { probe: { tokens } }, this.#inbox.subject(replyToken));
  }

  #send(
    agent: string,
    instance: string | undefined,
    control: Control,
    reply = this.#nowhere,
  ): void {
    if (!this.#link.isUp) return;
    const route = routeToken(instance === undefined ? anyRoute : { to: "instance", instance });
    const foreign = parseForeignName(agent);
    const subject =
      foreign === undefined
        ? controlSubject(agent, route, this.#name)
        : foreignControlSubject(foreign, route, this.#name);
    try {
      this.#link.publish(subject, json.encode(control), { reply });
    } catch {
      // Whoever sends it ends something: that must go on, and the far side finds out by itself.
    }
  }
}
