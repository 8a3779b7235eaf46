import { parseCallSubject, type Route } from "@myelin/subjects";
import type { MeshCode } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import type { Clock } from "../pipeline/index.ts";
import {
  isErrorHead,
  type RequestHead,
  readError,
  readFrames,
  readFrom,
  readRequestHead,
} from "../wire/index.ts";

/** How an attempt ended; `no_reply` when nothing came in its time. */
export type CallOutcome = "ok" | "no_reply" | MeshCode;

/** One attempt of a call, seen by somebody who only listens. */
export interface SeenCall {
  readonly caller: string;
  readonly agent: string;
  readonly skill: string;
  readonly route: Route;
  readonly attempt: number;
  readonly id: string | undefined;
  /** Who answered, where the answer says so. */
  readonly instance: string | undefined;
  /** Between request and last reply as they came by here. */
  readonly tookMs: number;
  readonly outcome: CallOutcome;
  /** Frames of a stream; undefined when it is none. */
  readonly frames: number | undefined;
  readonly requestBytes: number;
  readonly replyBytes: number;
}

/** An attempt whose end has not been seen. */
interface Open {
  readonly call: Omit<SeenCall, "instance" | "tookMs" | "outcome" | "frames" | "replyBytes">;
  readonly since: number;
  /** When it counts as unanswered; a stream's moves with each frame. */
  until: number;
  readonly streams: boolean;
  instance: string | undefined;
  frames: number;
  bytes: number;
}

const defaultTimeoutMs = 30_000;
/** Somebody who listens waits a little longer than the caller. */
const graceMs = 500;
const idleMs = 30_000;

/**
 * Pairs requests with their replies as they come by.
 *
 * Keeps at most so many open attempts; over that the oldest is forgotten. A stream is known by the credit its
 * caller gives: one to a plain client, which gives none, counts as answered by its first frame.
 */
export class Calls {
  readonly #clock: Clock;
  readonly #onEnd: (call: SeenCall) => void;
  readonly #most: number;
  readonly #open = new Map<string, Open>();
  forgotten = 0;

  constructor(clock: Clock, onEnd: (call: SeenCall) => void, most = 10_000) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#most = most;
  }

  get size(): number {
    return this.#open.size;
  }

  request(message: Inbound): void {
    const address = parseCallSubject(message.subject);
    if (!address.ok || message.reply === "") return;
    const head = readable(message.head, address.value.caller);
    if (head === undefined) return;
    const now = this.#clock.now();
    if (this.#open.size >= this.#most) this.#forgetOldest();
    this.#open.set(message.reply, {
      call: {
        ...address.value,
        attempt: head.attempt,
        id: head.id,
        requestBytes: message.payload.length,
      },
      since: now,
      until: now + (head.timeoutMs ?? defaultTimeoutMs) + graceMs,
      streams: head.credit !== undefined,
      instance: undefined,
      frames: 0,
      bytes: 0,
    });
  }

  reply(message: Inbound): void {
    const open = this.#open.get(message.subject);
    if (open === undefined) return;
    open.bytes += message.payload.length;
    open.instance = readFrom(message.head)?.instance ?? open.instance;
    if (isErrorHead(message.head)) {
      const { code } = readError(message.head, () => undefined);
      return this.#end(message.subject, open, code);
    }
    if (!open.streams || readFrames(message.head) !== undefined) {
      return this.#end(message.subject, open, "ok");
    }
    open.frames++;
    open.until = this.#clock.now() + idleMs;
  }

  /** A caller gave up on the attempt with this reply token. */
  cancelled(caller: string, token: string): void {
    for (const [reply, open] of this.#open) {
      if (open.call.caller === caller && reply.endsWith(`.${token}`)) {
        return this.#end(reply, open, "cancelled");
      }
    }
  }

  /** Ends what has waited too long. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [reply, open] of this.#open) {
      if (open.until <= now) this.#end(reply, open, "no_reply");
    }
  }

  #end(reply: string, open: Open, outcome: CallOutcome): void {
    this.#open.delete(reply);
    this.#onEnd({
      ...open.call,
      instance: open.instance,
      tookMs: this.#clock.now() - open.since,
      outcome,
      frames: open.streams ? open.frames : undefined,
      replyBytes: open.bytes,
    });
  }

  #forgetOldest(): void {
    for (const reply of this.#open.keys()) {
      this.#open.delete(reply);
      this.forgotten++;
      return;
    }
  }
}

function readable(head: string, caller: string): RequestHead | undefined {
  try {
    return readRequestHead(head, caller);
  } catch {
    // The agent refuses it with a reason; a listener has nothing to add.
    return undefined;
  }
}
