import { ContentType } from "@myelin/subjects";
import { MeshError } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import type { Call, Reply } from "../pipeline/index.ts";
import { isErrorHead, isPlainAnswer, readContentType, readFrom } from "../wire/index.ts";
import { type Attempt, describe } from "./attempt.ts";
import { unclaim } from "./claimed.ts";
import type { ControlSender } from "./control-sender.ts";
import type { OutgoingParts } from "./outgoing.ts";
import { decodeReply, failure, noResponders } from "./replies.ts";

/** An attempt that is answered once. */
export class AnswerAttempt implements Attempt {
  readonly call: Call;
  readonly token: string;
  readonly sentAt: number;
  readonly reply: Promise<Reply>;
  instance: string | undefined;
  unanswered = 0;
  readonly #parts: OutgoingParts;
  readonly #control: ControlSender;
  readonly #onEnd: (reason: MeshError) => void;
  #resolve: (reply: Reply) => void = nobody;
  #reject: (error: MeshError) => void = nobody;
  #ended = false;

  constructor(call: Call, parts: OutgoingParts, control: ControlSender) {
    this.call = call;
    this.#parts = parts;
    this.#control = control;
    this.instance = call.target?.instance;
    this.sentAt = parts.clock.now();
    this.token = parts.inbox.open(this);
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#onEnd = (reason) => {
      if (this.#ended) return;
      this.#control.cancel(this);
      this.fail(reason);
    };
    call.signal.onEnd(this.#onEnd);
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  get what(): string {
    return describe(this.call, this.instance);
  }

  receive(message: Inbound): void {
    const { head } = message;
    const isPlain = head === "" || isPlainAnswer(head);
    if (!isPlain) {
      const lost = noResponders(this, head, this.#parts.membership);
      if (lost !== undefined) return this.fail(lost);
      if (isErrorHead(head)) return this.fail(failure(this, message));
    }
    const contentType = isPlain ? undefined : readContentType(head);
    if (contentType === ContentType.claim) return this.#fetch(message);
    try {
      const value = decodeReply(this, contentType, message.payload);
      this.#settle();
      this.#resolve(this.#replyOf(value, head));
    } catch (error) {
      this.fail(MeshError.from(error));
    }
  }

  /** The far side is done: nobody there need be asked after this any more. */
  #fetch({ head, payload }: Inbound): void {
    this.#settle();
    const { operation, signal } = this.call;
    void unclaim(payload, operation, { large: this.#parts.large, signal })
      .then((whole) => decodeReply(this, whole.contentType, whole.payload))
      .then((value) => this.#resolve(this.#replyOf(value, head)))
      .catch((error: unknown) => this.#reject(MeshError.from(error)));
  }

  #replyOf(value: unknown, head: string): Reply {
    const from = readFrom(head);
    return new Answer(value, from?.instance ?? this.instance, from?.load);
  }

  fail(error: MeshError): void {
    if (this.#ended) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#ended = true;
    this.#parts.inbox.close(this.token);
    this.call.signal.offEnd(this.#onEnd);
  }
}

/**
 * A class, for V8 keeps a record of each literal's life: the answers of one burst live until all of it is read, are
 * taken for long-lived, and are from then on made where the garbage collector seldom looks. With 256 calls in flight
 * that cost the caller a fifteenth of its CPU time.
 */
class Answer implements Reply {
  readonly value: unknown;
  readonly instance: string | undefined;
  readonly load: number | undefined;

  constructor(value: unknown, instance: string | undefined, load: number | undefined) {
    this.value = value;
    this.instance = instance;
    this.load = load;
  }
}

function nobody(): void {}
