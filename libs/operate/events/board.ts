import {
  eventTargetRule,
  heardEvents,
  parseEventSubject,
  parseEventTarget,
  Store,
  storeApi,
} from "@myelin/subjects";
import { readCloud } from "../../durable/index.ts";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import { type Abortable, pause, systemClock } from "../../pipeline/index.ts";
import type { ObserverOptions } from "../observe.ts";
import { Standing } from "../standing.ts";
import { readExtent, type Stored, storedMessages } from "../stores/index.ts";
import { type FollowState, readFollowLags } from "./lag.ts";

/** An event as it lies in its stream. */
export interface ToldEvent {
  readonly sequence: number;
  readonly storedAt: Date;
  readonly publisher: string;
  readonly name: string;
  /** Undefined for a message that is no event, and why it is none. */
  readonly id: string | undefined;
  readonly fault: string | undefined;
  readonly at: Date | undefined;
  readonly subject: string | undefined;
  readonly data: unknown;
}

/** Which events to read. */
export interface EventSelection {
  /** `publisher.name`, `publisher.*` or `*`. Default: `*`. */
  readonly events?: string | undefined;
  /** The first sequence. Default: those that are told from now on. */
  readonly from?: number | undefined;
  /** Whether to go on when all have been read. Default: false. */
  readonly follows?: boolean;
}

/** Between two looks for more, in milliseconds. */
const lookMs = 250;

/** A server that is back has its streams a little later; in milliseconds. */
const settlesMs = 30_000;

/** Connects to the events of a workspace, as an operator or observer; close it when done. */
export async function openEvents(options: ObserverOptions): Promise<EventBoard> {
  return new EventBoard(await Standing.join(options));
}

/** What is told in a workspace, and how far those who follow it are. */
export class EventBoard implements AsyncDisposable {
  readonly #standing: Standing;

  /** @internal Use `openEvents`. */
  constructor(standing: Standing) {
    this.#standing = standing;
  }

  /** How far every durable subscription is behind. */
  follows({ signal }: Abortable = {}): Promise<readonly FollowState[]> {
    return readFollowLags({ door: this.#standing, api: storeApi }, signal);
  }

  /** Hears when the server is lost (false) and when it is back (true), until the answer is called. */
  onLink(listener: (isUp: boolean) => void): () => void {
    const { link } = this.#standing;
    const stops = [link.onDown(() => listener(false)), link.onUp(() => listener(true))];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /**
   * Events in the order in which they were stored; ends with the last one, or when the signal is aborted. While it
   * follows it outlives the loss of the server, and goes on where it was.
   */
  async *read(
    { events = "*", from, follows = false }: EventSelection = {},
    { signal }: Abortable = {},
  ): AsyncGenerator<ToldEvent, void, undefined> {
    const subject = subjectOf(events);
    let next = from ?? (await this.#last()) + 1;
    const isPassing = follows ? this.#outages() : () => false;
    for (;;) {
      const options = { subject, from: next, api: storeApi };
      try {
        for await (const stored of storedMessages(this.#standing, Store.events, options)) {
          if (signal?.aborted === true) return;
          next = stored.sequence + 1;
          const told = toldEvent(stored);
          if (told !== undefined) yield told;
        }
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      if (!follows || signal?.aborted === true) return;
      await pause(systemClock, lookMs, signal);
    }
  }

  async close(): Promise<void> {
    await this.#standing.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Tells of failures whether they come of a server that is away, or came back just now. */
  #outages(): (error: unknown) => boolean {
    const { link } = this.#standing;
    let upAt = Number.NEGATIVE_INFINITY;
    return (error) => {
      if (!isMeshError(error, MeshCode.Unavailable)) return false;
      if (!link.isUp) upAt = performance.now();
      return performance.now() - upAt < settlesMs;
    };
  }

  async #last(): Promise<number> {
    return (await readExtent(Store.events, { door: this.#standing, api: storeApi })).last;
  }
}

function subjectOf(events: string): string {
  const target = parseEventTarget(events);
  if (target.ok) return heardEvents(target.value);
  const came = JSON.stringify(events.slice(0, 80));
  throw new MeshError(MeshCode.InvalidArgument, `events must be ${eventTargetRule}, got ${came}`);
}

/** Undefined for what was brought back: it was told before. */
function toldEvent({ subject, sequence, storedAt, head, payload }: Stored): ToldEvent | undefined {
  const address = parseEventSubject(subject);
  if (!address.ok) return undefined;
  const common = { ...address.value, sequence, storedAt };
  try {
    const { id, time: at, subject: about, data } = readCloud(head, payload);
    return { ...common, id, at, subject: about, data, fault: undefined };
  } catch (error) {
    const nothing = { id: undefined, at: undefined, subject: undefined, data: undefined };
    return { ...common, ...nothing, fault: MeshError.from(error).message };
  }
}
