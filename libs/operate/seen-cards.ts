import { PublishedTrust } from "../discovery/index.ts";
import { CardCheck, operatorKeys, type Trust } from "../identity/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import { systemClock } from "../pipeline/index.ts";
import type { Questions } from "./questions.ts";
import type { Verification } from "./services.ts";

const nothing: Inbound = {
  ...{ subject: "", reply: "", head: "NATS/1.0 503\r\n\r\n" },
  payload: new Uint8Array(0),
};

/** Judges the cards that an observer is shown, by the operator whose JWT lies beside its credentials. */
export class SeenCards {
  readonly #link: Link;
  readonly #questions: Questions;
  readonly #given: Trust | undefined;
  #published: PublishedTrust | undefined;
  #check: CardCheck | undefined;

  constructor(link: Link, questions: Questions, trust: Trust | undefined) {
    this.#link = link;
    this.#questions = questions;
    this.#given = trust;
  }

  /** Whether a card can be believed, and why it cannot. */
  async judge({ payload }: Inbound): Promise<Verification> {
    const { credentials } = this.#link;
    if (credentials === undefined) return unverified("this connection has no credentials");
    try {
      this.#check ??= this.#make();
      if (this.#check === undefined)
        return unverified("no operator.jwt lies beside the credentials");
      const document: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
      const card = document as Readonly<Record<string, unknown>>;
      const verdict = await this.#check.verify(card, new Date(), credentials.account);
      return verdict.is === "verified"
        ? { verified: true, unverified: undefined }
        : unverified(verdict.why);
    } catch (error) {
      return unverified(error instanceof Error ? error.message : String(error));
    }
  }

  stop(): void {
    this.#published?.stop();
  }

  #make(): CardCheck | undefined {
    if (this.#given !== undefined) return new CardCheck(this.#given);
    const { operatorJwt } = this.#link;
    if (operatorJwt === undefined) return undefined;
    this.#published = new PublishedTrust({
      link: this.#link,
      clock: systemClock,
      ask: (subject, onReply) => this.#ask(subject, onReply),
      operatorKeys: operatorKeys(operatorJwt),
    });
    return new CardCheck(this.#published);
  }

  #ask(subject: string, onReply: (message: Inbound) => void): () => void {
    let isOver = false;
    const one = { firstMs: 2_000, gapMs: 0, most: 1 };
    const done = (message: Inbound): void => {
      if (!isOver) onReply(message);
    };
    this.#questions.ask(subject, one).then(
      ([answer]) => done(answer?.message ?? nothing),
      () => done(nothing),
    );
    return () => {
      isOver = true;
    };
  }
}

function unverified(why: string): Verification {
  return { verified: false, unverified: why };
}
