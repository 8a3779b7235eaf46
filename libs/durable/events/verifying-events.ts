import { type EventAddress, Store } from "@myelin/subjects";
import { EnvelopeCheck, type Trust } from "../../identity/index.ts";
import type { Inbound } from "../../nats/index.ts";
import type { CloudEvent } from "../../pipeline/index.ts";
import { movedType } from "../dead/moved.ts";
import { refuseUnlessMover } from "../dead/roles.ts";
import { ownAccount, signatureOf } from "../stored/verifying.ts";
import type { EventDelivery, EventMove } from "./event-delivery.ts";

/** A signed event, and where it lies. */
export interface SignedEvent {
  readonly message: Pick<Inbound, "subject" | "head" | "payload">;
  readonly address: EventAddress;
  readonly cloud: CloudEvent;
  readonly storedAt: Date;
  readonly place: string;
}

/** Checks who signed what, judged at the time at which it was stored. */
export class EventCheck {
  readonly #trust: Trust;
  readonly #account: () => string | undefined;
  readonly #check: EnvelopeCheck;

  constructor(trust: Trust, account: () => string | undefined) {
    this.#trust = trust;
    this.#account = account;
    this.#check = new EnvelopeCheck(trust);
  }

  /** Throws `permission_denied` unless its publisher has signed the event. */
  async event({ message, address, cloud, storedAt, place }: SignedEvent): Promise<void> {
    const { publisher, name } = address;
    const { subject, head, payload: body } = message;
    const { id, contentType } = cloud;
    const account = await ownAccount(this.#trust, this.#account(), "the event");
    const what = `the event ${id} of ${publisher}, whose ${name} are declared as signed,`;
    await this.#check.verify(
      { ...signatureOf(head, what), id, storedAt, subject, contentType, body, place },
      { kind: "event", target: "*", speaker: publisher, account },
    );
  }

  /** Throws `permission_denied` unless who brought it back has signed that, and may. */
  async move(delivery: EventDelivery, move: EventMove, follower: string): Promise<void> {
    const { message, sequence, storedAt } = delivery;
    const { id, signed: body, mover } = move;
    const account = await ownAccount(this.#trust, this.#account(), "the event");
    const author = await this.#check.verify(
      {
        ...signatureOf(message.head, `the move of event ${id}`),
        ...{ id, body, subject: message.subject, contentType: movedType },
        ...{ storedAt, place: `${Store.events}:${sequence}` },
      },
      { kind: "moved", target: follower, speaker: mover, account },
    );
    refuseUnlessMover(move, author.role, `event ${id}`);
  }
}
