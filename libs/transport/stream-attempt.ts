import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import { type Call, type Reply, timer } from "../pipeline/index.ts";
import { isErrorHead, readContentType, readFrames, readFrom } from "../wire/index.ts";
import { type Attempt, describe } from "./attempt.ts";
import { unclaim } from "./claimed.ts";
import type { ControlSender } from "./control-sender.ts";
import { FrameQueue, frameOverhead } from "./frame-queue.ts";
import type { OutgoingParts } from "./outgoing.ts";
import { failure, noResponders } from "./replies.ts";

/** Room for frames that a reader has not taken yet, in bytes with overhead: the bound of a stream's memory. */
export const windowBytes = 524_288;

/** Which of the frames that came are claims, and the turn of the frame that was read last. */
interface Claims {
  readonly known: WeakSet<Uint8Array>;
  last: Promise<unknown>;
}

/** An attempt that is answered by frames; its reply is there with the first of them. */
export class StreamAttempt implements Attempt, AsyncIterableIterator<unknown> {
  readonly call: Call;
  readonly token: string;
  readonly sentAt: number;
  readonly reply: Promise<Reply>;
  instance: string | undefined;
  unanswered = 0;
  readonly #parts: OutgoingParts;
  readonly #control: ControlSender;
  readonly #queue = new FrameQueue();
  readonly #idle = timer(() => this.#silent());
  readonly #onEnd: (reason: MeshError) => void;
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: MeshError) => void = () => {};
  #ended = false;
  #begun = false;
  #received = 0;
  #taken = 0;
  #granted = windowBytes;
  #claims: Claims | undefined;

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
    this.#onEnd = (reason) => this.#giveUp(reason);
    call.signal.onEnd(this.#onEnd);
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  get what(): string {
    return describe(this.call, this.instance);
  }

  receive(message: Inbound): void {
    const { head, payload } = message;
    if (head !== "") {
      const lost = noResponders(this, head, this.#parts.membership);
      if (lost !== undefined) return this.fail(lost);
      if (isErrorHead(head)) return this.fail(failure(this, message));
      this.instance = readFrom(head)?.instance ?? this.instance;
      const frames = readFrames(head);
      if (frames !== undefined) return this.#finish(frames);
      if (readContentType(head) === ContentType.claim) this.#note(payload);
    }
    this.#received++;
    if (this.#queue.bytes > 2 * windowBytes) {
      return this.#giveUp(this.#broken("it sent more than there was room for"));
    }
    this.#queue.push(payload);
    if (this.#queue.isAwaited) this.#listen();
    else this.#parts.wheel.disarm(this.#idle);
    this.#begin();
  }

  fail(error: MeshError): void {
    if (this.#ended) return;
    this.#settle();
    if (this.#begun) this.#queue.fail(error);
    else this.#reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const next = this.#queue.next();
    if (this.#queue.isAwaited) this.#listen();
    const result = await next;
    if (result.done === true) return result;
    this.#account(result.value.length);
    if (this.#claims !== undefined) return this.#inTurn(result.value, this.#claims);
    return { value: this.#decode(result.value), done: false };
  }

  /** The reader leaves: the far side's work is cancelled. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#giveUp(new MeshError(MeshCode.Cancelled, `${this.what}: the reader left`));
    return { value: undefined, done: true };
  }

  #note(claim: Uint8Array): void {
    this.#claims ??= { known: new WeakSet(), last: Promise.resolve() };
    this.#claims.known.add(claim);
  }

  /** Frames are decoded in their order, since sealed ones are opened so; each is fetched when its reader comes to it. */
  #inTurn(frame: Uint8Array, claims: Claims): Promise<IteratorResult<unknown, undefined>> {
    const turn = claims.last.then(async () => {
      const whole = claims.known.has(frame) ? await this.#fetch(frame) : frame;
      return { value: this.#decode(whole), done: false } as const;
    });
    claims.last = turn.catch(() => undefined);
    return turn;
  }

  async #fetch(frame: Uint8Array): Promise<Uint8Array> {
    const { operation, signal } = this.call;
    try {
      return (await unclaim(frame, operation, { large: this.#parts.large, signal })).payload;
    } catch (error) {
      this.#giveUp(MeshError.from(error));
      throw error;
    }
  }

  /** An iterator that threw is not told to return: what cannot be read ends the stream here. */
  #decode(frame: Uint8Array): unknown {
    try {
      return this.call.operation.response.decode(frame);
    } catch (error) {
      const unreadable = MeshError.from(error);
      this.#giveUp(unreadable);
      throw unreadable;
    }
  }

  #listen(): void {
    this.#parts.wheel.arm(this.#idle, this.#parts.clock.now() + this.call.operation.idleMs);
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#resolve({ value: this, instance: this.instance, load: undefined });
  }

  #finish(frames: number): void {
    if (frames !== this.#received) {
      return this.fail(this.#broken(`${this.#received} of ${frames} frames arrived`));
    }
    this.#settle();
    this.#queue.finish();
    this.#begin();
  }

  /** Gives room for as much as was taken, in steps of half a window. */
  #account(bytes: number): void {
    this.#taken += bytes + frameOverhead;
    if (this.#ended || this.#granted - this.#taken > windowBytes / 2) return;
    this.#granted = this.#taken + windowBytes;
    this.#control.credit(this, this.#granted);
  }

  #silent(): void {
    const { idleMs } = this.call.operation;
    this.#giveUp(
      new MeshError(MeshCode.DeadlineExceeded, `${this.what}: no frame for ${idleMs} ms`),
    );
  }

  #giveUp(reason: MeshError): void {
    this.#queue.clear();
    if (!this.#ended) this.#control.cancel(this);
    this.fail(reason);
  }

  #broken(why: string): MeshError {
    return new MeshError(MeshCode.BrokenStream, `${this.what}: ${why}`, { origin: "peer" });
  }

  #settle(): void {
    this.#ended = true;
    this.#parts.wheel.disarm(this.#idle);
    this.#parts.inbox.close(this.token);
    this.call.signal.offEnd(this.#onEnd);
  }
}
