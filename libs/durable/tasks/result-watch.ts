import { finalState, parseResultSubject, progressState } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Inbound, Link, Listening } from "../../nats/index.ts";
import { type Clock, gaveUp, onAbort } from "../../pipeline/index.ts";
import { json } from "../../wire/index.ts";
import { readAttempt } from "../attempts/running.ts";
import type { Progress } from "./documents.ts";

export interface ResultWatchParts {
  readonly link: Pick<Link, "subscribe" | "onUp">;
  readonly clock: Clock;
  readonly subject: string;
  /** Whether it has ended, as the store has it. */
  readonly look: () => Promise<boolean>;
  readonly hear: (message: Inbound) => Progress | "end" | undefined;
  /** Who is followed, for an error's text. */
  readonly what: string;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Why nothing more comes. */
export type WatchEnd =
  | { readonly is: "final" }
  | { readonly is: "stopped"; readonly error: MeshError };

/**
 * Between two looks into the store, each twice as long as the one before, in milliseconds: live messages may have been
 * lost, and an end that was told before anybody listened may not have been stored yet at the first look.
 */
const firstLookMs = 50;
const mostLookMs = 5_000;
/** The first of them after a live message that tells the end: it comes before the store, or a copy of it, can show it. */
const soonMs = 5;
/** Most that waits for a reader; of more, the oldest goes. */
const mostWaiting = 1_000;

/**
 * What is told of one task, live, until it ends.
 *
 * Listens first and looks into the store then, so nothing falls between the two. Looks again from time to time and
 * after a reconnection: a live message can be lost, what is stored is not.
 */
export class ResultWatch implements AsyncIterable<Progress>, Disposable {
  readonly #parts: ResultWatchParts;
  readonly #told: Progress[] = [];
  readonly #listening: Listening;
  readonly #undo: (() => void)[] = [];
  #ended: WatchEnd | undefined;
  #wake: (() => void) | undefined;
  #unlook: (() => void) | undefined;
  #isLooking = false;
  #mustLookAgain = false;
  #againMs = firstLookMs;

  constructor(parts: ResultWatchParts) {
    this.#parts = parts;
    const { link, clock, subject, timeoutMs, signal } = parts;
    this.#listening = link.subscribe(subject, (message) => this.#hear(message));
    this.#undo.push(link.onUp(() => this.#look()));
    if (timeoutMs !== undefined) {
      this.#undo.push(clock.schedule(timeoutMs, () => this.#stop(overdue(parts.what, timeoutMs))));
    }
    if (signal !== undefined) {
      const giveUp = (): void => this.#stop(gaveUp(`waiting for ${parts.what}`, signal));
      this.#undo.push(onAbort(signal, giveUp));
      if (signal.aborted) giveUp();
    }
    this.#look();
  }

  /** Waits for the end alone. */
  async untilEnded(): Promise<WatchEnd> {
    for await (const _told of this) {
      // Nothing is told before the end, or nobody wants it.
    }
    return this.ended;
  }

  /** Whether something waits for a reader. */
  get hasTold(): boolean {
    return this.#told.length > 0;
  }

  get ended(): WatchEnd {
    return this.#ended ?? { is: "stopped", error: left(this.#parts.what) };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void> {
    for (;;) {
      const next = this.#told.shift();
      if (next !== undefined) yield next;
      else if (this.#ended !== undefined) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  [Symbol.dispose](): void {
    this.#ended ??= this.ended;
    for (const undo of this.#undo.splice(0)) undo();
    this.#unlook?.();
    void this.#listening.stop();
  }

  #hear(message: Inbound): void {
    const told = this.#parts.hear(message);
    if (told === undefined || this.#ended !== undefined) return;
    if (told === "end") {
      this.#againMs = soonMs;
      return this.#look();
    }
    if (this.#told.length >= mostWaiting) this.#told.shift();
    this.#told.push(told);
    this.#wake?.();
  }

  #look(): void {
    this.#mustLookAgain = this.#isLooking;
    if (this.#isLooking || this.#ended !== undefined) return;
    this.#isLooking = true;
    this.#unlook?.();
    void this.#parts
      .look()
      .then((isOver) => {
        if (isOver) this.#end({ is: "final" });
      })
      .catch((error: unknown) => this.#missed(MeshError.from(error)))
      .finally(() => {
        this.#isLooking = false;
        if (this.#ended !== undefined) return;
        if (this.#mustLookAgain) return this.#look();
        this.#unlook = this.#parts.clock.schedule(this.#againMs, () => this.#look());
        this.#againMs = Math.min(this.#againMs * 2, mostLookMs);
      });
  }

  /** A store that cannot be reached now is asked again; what it refuses stays refused. */
  #missed(error: MeshError): void {
    const passes: readonly MeshCode[] = [MeshCode.Unavailable, MeshCode.UnknownOutcome];
    if (!passes.includes(error.code)) this.#stop(error);
  }

  #stop(error: MeshError): void {
    this.#end({ is: "stopped", error });
  }

  #end(ended: WatchEnd): void {
    this.#ended ??= ended;
    this.#wake?.();
  }
}

function overdue(what: string, timeoutMs: number): MeshError {
  return new MeshError(MeshCode.DeadlineExceeded, `${what}: no result within ${timeoutMs} ms`);
}

function left(what: string): MeshError {
  const detail = `waiting for ${what} was given up: the reader left`;
  return new MeshError(MeshCode.Cancelled, detail);
}

/** Progress that was told live; the end only as a hint, since others can put a message there: it is read then. */
export function readTold(
  { subject, reply, head, payload }: Inbound,
  inbox: string,
): Progress | "end" | undefined {
  const address = parseResultSubject(subject);
  if (!address.ok) return undefined;
  if (address.value.state === finalState) return "end";
  // What comes from elsewhere than the agent's own hand has no reply subject, or a foreign one.
  if (address.value.state !== progressState || !reply.startsWith(inbox)) return undefined;
  return readProgress({ head, payload });
}

/** Undefined for one that cannot be read: no reason to lose the rest. */
export function readProgress({
  head,
  payload,
}: Pick<Inbound, "head" | "payload">): Progress | undefined {
  try {
    return { value: json.decode(payload), attempt: readAttempt(head) };
  } catch {
    return undefined;
  }
}
