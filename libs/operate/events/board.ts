import {
  eventTargetRule,
  heardEvents,
  parseEventSubject,
  parseEventTarget,
  Store,
  storeApi,
} from "@myelin/subjects";
import { z } from "zod";
import { readCloud } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { pause, systemClock } from "../../pipeline/index.ts";
import { readJson } from "../json.ts";
import type { ObserverOptions } from "../observe.ts";
import { Standing } from "../standing.ts";
import { type Stored, storedMessages } from "../stores/index.ts";
import type { ReadOptions } from "../tasks/index.ts";
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
  follows({ signal }: ReadOptions = {}): Promise<readonly FollowState[]> {
    return readFollowLags({ door: this.#standing, api: storeApi }, signal);
  }

  /** Events in the order in which they were stored; ends with the last one, or when the signal is aborted. */
  async *read(
    { events = "*", from, follows = false }: EventSelection = {},
    { signal }: ReadOptions = {},
  ): AsyncGenerator<ToldEvent, void, undefined> {
    const subject = subjectOf(events);
    let next = from ?? (await this.#last()) + 1;
    for (;;) {
      const options = { subject, from: next, api: storeApi };
      for await (const stored of storedMessages(this.#standing, Store.events, options)) {
        if (signal?.aborted === true) return;
        next = stored.sequence + 1;
        const told = toldEvent(stored);
        if (told !== undefined) yield told;
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

  async #last(): Promise<number> {
    const text = await this.#standing.ask(storeApi.streamInfo(Store.events));
    const read = readJson(text, streamState);
    if (read !== undefined) return read.state.last_seq;
    const detail = `${Store.events} cannot be looked at; \`myelin apply\` makes it`;
    throw new MeshError(MeshCode.Unavailable, detail, { origin: "peer" });
  }
}

const streamState = z.object({ state: z.object({ last_seq: z.number() }) });

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
