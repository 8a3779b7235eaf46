import { PresenceState } from "@myelin/subjects";
import type { Beat } from "./beat.ts";
import { bestUntried, Choice } from "./choice.ts";
import { Instance, Rank, type SkillSlot } from "./instance.ts";

/** Skills beyond this many share the last slot; a contract has a handful. */
const maxSlots = 64;
/** Beats that may stay away before an instance counts as gone. */
const silentBeats = 3;
/** Who is found this soon after the first call was there before it, and needs no slow start, in milliseconds. */
const firstLookMs = 2_000;
/** How long one that is gone is remembered, so that a late answer does not revive it, in milliseconds. */
const rememberMs = 10_000;

export interface RosterOptions {
  readonly now: number;
  readonly maxInstances: number;
  readonly random: () => number;
}

/** The instances of one agent, as one caller knows them. */
export class Roster {
  readonly agent: string;
  /** Set by each pick, cleared by each sweep. */
  used = true;
  readonly #since: number;
  readonly #maxInstances: number;
  readonly #choice: Choice;
  readonly #instances = new Map<string, Instance>();
  readonly #slots: SkillSlot[] = [];

  constructor(agent: string, options: RosterOptions) {
    this.agent = agent;
    this.#since = options.now;
    this.#maxInstances = options.maxInstances;
    this.#choice = new Choice(options.random);
  }

  /** Every instance that is known, the dead ones included. */
  get instances(): Iterable<Instance> {
    return this.#instances.values();
  }

  /** Whether attempts of ours are out to any of them. */
  get isBusy(): boolean {
    for (const instance of this.#instances.values()) if (instance.own > 0) return true;
    return false;
  }

  /** A place for the latencies of one more skill. */
  slot(): SkillSlot {
    const last = this.#slots[maxSlots - 1];
    if (last !== undefined) return last;
    const slot: SkillSlot = { index: this.#slots.length, typicalMs: 1 };
    this.#slots.push(slot);
    return slot;
  }

  /** An instance for one attempt, other than those in `tried`. */
  pick(slot: SkillSlot, tried: readonly string[]): Instance | undefined {
    if (tried.length === 0) return this.#choice.pick(slot);
    return bestUntried(this.#instances.values(), slot, tried);
  }

  get(instance: string): Instance | undefined {
    return this.#instances.get(instance);
  }

  /** Takes in an instance that somebody named; undefined when there are too many. */
  adopt(name: string, beatMs: number, now: number): Instance | undefined {
    if (this.#instances.size >= this.#maxInstances && !this.#forgetOne()) return undefined;
    const instance = new Instance(name, now, beatMs);
    this.#instances.set(name, instance);
    if (now - this.#since < firstLookMs) instance.trust();
    this.#rebuild();
    return instance;
  }

  /** Believes a beat, which also revives what was lost. */
  beat(beat: Beat, now: number): boolean {
    const instance =
      this.#instances.get(beat.instance) ?? this.adopt(beat.instance, beat.beatMs, now);
    if (instance === undefined) return false;
    const rank = instance.rank;
    instance.state = beat.state;
    instance.version = beat.version;
    instance.beatMs = beat.beatMs;
    instance.report(beat.load);
    this.#alive(instance, now);
    if (instance.rank === Rank.Out) instance.lostAt = now;
    if (instance.rank !== rank) this.#rebuild();
    return true;
  }

  /** A sign of life that says nothing of its state. */
  heard(instance: Instance, now: number): void {
    const rank = instance.rank;
    this.#alive(instance, now);
    if (instance.rank !== rank) this.#rebuild();
  }

  /** Nothing more goes to it until it is heard of again. */
  lose(instance: Instance, now: number): void {
    if (instance.lostAt !== undefined) return;
    instance.lostAt = now;
    instance.cooling?.();
    instance.cooling = undefined;
    this.#rebuild();
  }

  /** Others are better until it is heard of. */
  suspect(instance: Instance): void {
    if (instance.suspected) return;
    instance.suspected = true;
    this.#rebuild();
  }

  /** It has said that it takes nothing new. */
  drain(instance: Instance, now: number): void {
    instance.state = PresenceState.Draining;
    this.lose(instance, now);
  }

  /** It had no room: the others are better for the time that `schedule` measures. */
  cool(instance: Instance, schedule: (warmAgain: () => void) => () => void): void {
    if (instance.cooling !== undefined || instance.lostAt !== undefined) return;
    instance.cooling = schedule(() => {
      instance.cooling = undefined;
      this.#rebuild();
    });
    this.#rebuild();
  }

  /** An answer came from it. */
  measure(instance: Instance, slot: SkillSlot, tookMs: number, now: number): void {
    const isFirst = instance.latency(slot) === undefined;
    instance.measure(slot, tookMs, now);
    // At once: until then its siblings count as fast, and would get every call.
    if (isFirst) this.#level(slot);
  }

  /** Drops who fell silent, forgets the dead, and lets old measurements fade. */
  sweep(now: number): void {
    let changed = false;
    for (const instance of this.#instances.values()) {
      if (instance.lostAt !== undefined) {
        if (now - instance.lostAt > rememberMs) this.#instances.delete(instance.instance);
      } else if (now - instance.heardAt > silentBeats * instance.beatMs) {
        instance.lostAt = now;
        changed = true;
      } else instance.warm(now);
    }
    if (changed) this.#rebuild();
    for (const slot of this.#slots) {
      this.#level(slot);
      for (const instance of this.#instances.values()) instance.relax(slot, now);
    }
  }

  /** Time in which we could hear nobody is not held against them. */
  excuse(ms: number): void {
    for (const instance of this.#instances.values()) instance.heardAt += ms;
  }

  /** Ends every timer it holds. */
  stop(): void {
    for (const instance of this.#instances.values()) instance.cooling?.();
    this.#instances.clear();
    this.#rebuild();
  }

  /** For whoever changed what a rank follows from. */
  #rebuild(): void {
    this.#choice.renew(this.#instances.values());
  }

  #alive(instance: Instance, now: number): void {
    instance.heardAt = now;
    instance.suspected = false;
    if (instance.lostAt === undefined) return;
    instance.revive();
    for (const slot of this.#slots) this.#level(slot);
  }

  #forgetOne(): boolean {
    for (const instance of this.#instances.values()) {
      if (instance.rank === Rank.Out) return this.#instances.delete(instance.instance);
    }
    return false;
  }

  /** What its instances show on average is what an unmeasured one is taken for. */
  #level(slot: SkillSlot): void {
    let sum = 0;
    let measured = 0;
    for (const instance of this.#instances.values()) {
      const latency = instance.latency(slot);
      if (latency === undefined || instance.rank === Rank.Out) continue;
      sum += latency;
      measured++;
    }
    if (measured > 0) slot.typicalMs = sum / measured;
  }
}
