import { askSubject, filters } from "@myelin/subjects";
import type { Inbound, Link, Listening } from "../nats/index.ts";
import type { Clock, Operation } from "../pipeline/index.ts";
import { readBeat } from "./beat.ts";
import { type Answer, readAnswer } from "./card.ts";
import type { VerifyCard } from "./cards.ts";
import type { SkillSlot } from "./instance.ts";
import { Roster } from "./roster.ts";

/** Publishes an empty request and hands over each reply, until the answer is called. */
export type Ask = (subject: string, onReply: (message: Inbound) => void) => () => void;

/** What discovery stands on. */
export interface Ground {
  readonly link: Pick<Link, "isUp" | "publish" | "subscribe" | "onUp" | "onDown" | "onDenied">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ask: Ask;
  /** Counts a message that is dropped, by its reason. Default: nobody counts. */
  readonly refused?: (reason: string) => void;
  /** Judges cards; one that is refused makes nobody known. Default: every card is believed. */
  readonly verify?: VerifyCard;
}

/** Where a skill's calls are balanced. */
export interface Known {
  readonly roster: Roster;
  readonly slot: SkillSlot;
}

/** How long answers to `$SRV.INFO` are waited for, in milliseconds. */
const askMs = 2_000;
/** The beat of an instance that has not told its own; the slowest that ours have. */
export const assumedBeatMs = 2_000;

/** One agent that is called from here: its instances, and the subscription that keeps them true. */
export class Interest {
  readonly roster: Roster;
  /** When it was last called, as the last sweep saw. */
  usedAt: number;
  readonly #ground: Ground;
  readonly #listening: Listening;
  readonly #skills = new Map<string, Known>();
  #stopAsking: (() => void) | undefined;
  #isStopped = false;

  /** Listens first, then asks: who starts in between is heard. Throws what the link throws. */
  constructor(agent: string, ground: Ground, maxInstances: number) {
    const now = ground.clock.now();
    this.usedAt = now;
    this.#ground = ground;
    this.roster = new Roster(agent, { now, maxInstances, random: ground.random });
    this.#listening = ground.link.subscribe(filters.presence(agent), (message) =>
      this.#onPresence(message),
    );
    try {
      this.#ask();
    } catch (error) {
      // The link went down in between: an interest that is never kept must not go on listening.
      this.stop();
      throw error;
    }
  }

  /** Where calls of this skill are balanced. */
  skill(operation: Operation): Known {
    const known = this.#skills.get(operation.key);
    if (known !== undefined) return known;
    const made = { roster: this.roster, slot: this.roster.slot() };
    this.#skills.set(operation.key, made);
    return made;
  }

  /** Keys of the operations that were called. */
  get keys(): Iterable<string> {
    return this.#skills.keys();
  }

  /** Whether discovery tried this subject: calls do without, and meet what is forbidden themselves. */
  tried(subject: string): boolean {
    const { agent } = this.roster;
    return subject === filters.presence(agent) || subject === askSubject("INFO", agent);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopAsking?.();
    this.roster.stop();
    void this.#listening.stop();
  }

  #ask(): void {
    const { clock, ask } = this.#ground;
    const end = ask(askSubject("INFO", this.roster.agent), (message) => this.#onAnswer(message));
    const cancelEnd = clock.schedule(askMs, () => this.#stopAsking?.());
    this.#stopAsking = () => {
      this.#stopAsking = undefined;
      cancelEnd();
      end();
    };
  }

  #onPresence(message: Inbound): void {
    const read = readBeat(this.roster.agent, message);
    if (!read.ok) this.#ground.refused?.(read.why);
    else if (!this.roster.beat(read.value, this.#ground.clock.now()))
      this.#ground.refused?.("too_many_instances");
  }

  #onAnswer(message: Inbound): void {
    // An empty one is the server's: nobody of that name is there.
    if (message.payload.length === 0) return;
    const read = readAnswer(this.roster.agent, message);
    if (!read.ok) {
      this.#ground.refused?.(read.why);
      return;
    }
    const verdict = this.#ground.verify?.(read.value.card);
    if (verdict === undefined) return this.#believe(read.value);
    void verdict.then((card) => {
      if (card.is === "refused") this.#ground.refused?.(card.fault);
      else if (!this.#isStopped) this.#believe(read.value);
    });
  }

  #believe(answer: Answer): void {
    const now = this.#ground.clock.now();
    const known = this.roster.get(answer.instance);
    // It says nothing of its state, so it revives nobody.
    if (known?.lostAt !== undefined) return;
    const instance = known ?? this.roster.adopt(answer.instance, assumedBeatMs, now);
    if (instance === undefined) this.#ground.refused?.("too_many_instances");
    else instance.version = answer.version;
  }
}
