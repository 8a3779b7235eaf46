import { Header, parseCallSubject, parseForeignCall } from "@myelin/subjects";
import type { Inbound, Link } from "../../nats/index.ts";
import { type Clock, randomToken } from "../../pipeline/index.ts";
import { parseTraceparent } from "../../telemetry/index.ts";
import { field, isErrorHead, needle, readFrames } from "../../wire/index.ts";
import { mostStored } from "../stored/room.ts";
import type { StoreAccess } from "../stored/store.ts";
import { type RecordFate, RecordQueue } from "./queue.ts";
import type { RecordFacts } from "./record.ts";
import { RecordingRule } from "./rule.ts";

export interface CallRecorderParts {
  readonly agent: string;
  readonly link: Pick<Link, "subscribe" | "onUp" | "isUp" | "maxPayload">;
  readonly store: Pick<StoreAccess, "last" | "put">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onFate: (fate: RecordFate) => void;
  readonly warn: (detail: string) => void;
}

/** What came, and is copied. */
export interface Came {
  readonly is: "call" | "task";
  readonly skill: string;
  readonly subject: string;
  readonly head: string;
  readonly payload: Uint8Array;
  readonly streams: boolean;
}

/** Most of one stream that is copied. */
const mostFrames = 1_000;
const mostFrameBytes = 4_194_304;
/** How long copies may take to be stored when the agent stops, in milliseconds. */
const settleMs = 2_000;
const traceparent = needle(Header.traceparent);

/**
 * Copies an agent's calls and their answers to the flight recorder, as the rule of the mesh says.
 *
 * A copy is made from what has crossed already, and sent after it: no call waits for one, and what finds no room is
 * dropped and counted. What was sealed stays sealed.
 */
export class CallRecorder {
  readonly #parts: CallRecorderParts;
  readonly #rule: RecordingRule;
  readonly #queue: RecordQueue;

  constructor(parts: CallRecorderParts) {
    this.#parts = parts;
    const { store, clock, onFate, link } = parts;
    this.#rule = new RecordingRule(parts);
    this.#queue = new RecordQueue({ store, clock, onFate, most: () => mostStored(link) });
  }

  /** Whether some calls are copied now. */
  get isOn(): boolean {
    return this.#rule.share > 0;
  }

  start(): void {
    this.#rule.start();
  }

  /** Copies nothing new, and lets what waits be stored. */
  async stop(timeoutMs: number): Promise<void> {
    this.#rule.stop();
    this.#rule.share = 0;
    await this.#queue.settled(Math.min(timeoutMs, settleMs));
  }

  /** Begins the copy of a call as it came; undefined for one that is not in the share. */
  readonly record = (message: Inbound, streams: boolean): Copy | undefined => {
    const { subject, head, payload } = message;
    const skill = skillOf(subject);
    if (skill === undefined) return undefined;
    return this.begin({ is: "call", skill, subject, head, payload, streams });
  };

  /** Begins a copy; undefined for what is not in the share, or finds no room. */
  begin(came: Came): Copy | undefined {
    if (!this.#isMeant(came.head)) return undefined;
    const { agent, clock } = this.#parts;
    const copy = new Copy(agent, came, { clock, queue: this.#queue });
    return copy.begin() ? copy : undefined;
  }

  /** By its trace, so that all agents of a trace copy it or none; by chance where there is no trace. */
  #isMeant(head: string): boolean {
    const { share } = this.#rule;
    if (share >= 1) return true;
    const trace = parseTraceparent(field(head, traceparent), undefined);
    return (trace === undefined ? this.#parts.random() : placeOf(trace.traceId)) < share;
  }
}

interface CopyParts {
  readonly clock: Clock;
  readonly queue: RecordQueue;
}

/** The copy of one call. */
export class Copy {
  readonly #agent: string;
  readonly #came: Came;
  readonly #parts: CopyParts;
  readonly #id = randomToken();
  readonly #since: number;
  #index = 0;
  #bytes = 0;
  #skipped = 0;
  #isOver = false;

  constructor(agent: string, came: Came, parts: CopyParts) {
    this.#agent = agent;
    this.#came = came;
    this.#parts = parts;
    this.#since = parts.clock.now();
  }

  /** @internal Copies what came; false where there is no room. */
  begin(): boolean {
    const { subject, head, payload } = this.#came;
    return this.#add({ part: "call", subject }, head, payload);
  }

  /** Copies something that was sent in answer. */
  sent(head: string, payload: Uint8Array | string): void {
    if (this.#isOver) return;
    const index = this.#index++;
    const isLast = !this.#came.streams || isErrorHead(head) || readFrames(head) !== undefined;
    this.#bytes += payload.length;
    if (!isLast && (index >= mostFrames || this.#bytes > mostFrameBytes)) {
      this.#skipped++;
      return;
    }
    this.#isOver = isLast;
    const tookMs = Math.round((this.#parts.clock.now() - this.#since) * 1_000) / 1_000;
    const facts = {
      ...({ part: "answer", index, tookMs } as const),
      ...(isLast ? { last: true as const } : {}),
      ...(this.#skipped === 0 ? {} : { skipped: this.#skipped }),
    };
    if (!this.#add(facts, head, payload)) this.#skipped++;
  }

  #add(
    facts: Omit<RecordFacts, "id" | "is" | "at">,
    head: string,
    payload: Uint8Array | string,
  ): boolean {
    const { is, skill } = this.#came;
    const told = { id: this.#id, is, at: new Date().toISOString(), ...facts };
    return this.#parts.queue.add({ agent: this.#agent, skill, facts: told, head, payload });
  }
}

function skillOf(subject: string): string | undefined {
  const own = parseCallSubject(subject);
  if (own.ok) return own.value.skill;
  const foreign = parseForeignCall(subject);
  return foreign.ok ? foreign.value.skill : undefined;
}

/** Where a trace stands among all of them, from 0 up to 1: its last bits are random (W3C trace context 2). */
function placeOf(traceId: string): number {
  return Number.parseInt(traceId.slice(-8), 16) / 0x1_0000_0000;
}
