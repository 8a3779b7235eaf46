import { PresenceState, routeToken } from "@myelin/subjects";
import type { Target } from "../pipeline/index.ts";

/** Where the latencies of one skill stand in each instance, and what an unmeasured instance is taken for. */
export interface SkillSlot {
  readonly index: number;
  /** Mean of what its instances show, in milliseconds. */
  typicalMs: number;
}

/** How good a choice an instance is; the least rank of which there is one takes the calls. */
export const Rank = Object.freeze({
  Ready: 0,
  Full: 1,
  Refusing: 2,
  Suspected: 3,
  Out: 4,
} as const);

export type Rank = (typeof Rank)[keyof typeof Rank];

/** Time constants of what is believed, in milliseconds: worse is believed sooner than better. */
const riseMs = 100;
const fallMs = 300;
/** The same for one that gets no calls: how soon it is tried again after it was slow. */
const forgetMs = 2_000;
/** Stands for "never measured", which keeps the arrays plain numbers. */
const unmeasured = 0;
const leastMs = 0.001;
/** What each call outstanding adds at least, also as a share of the latency: of those that answer alike, the emptier one is better. */
const floorMs = 0.1;
const crowdingShare = 0.02;
/** So much more than it had when it was seen counts as no more: or who was seen with little could never show that it bears more. */
const daring = 0.5;
/** No measurement counts for more: an instance must be able to come back. */
const maxLatencyMs = 60_000;
/** No claim of load counts for more. */
const maxLoad = 1_000_000;
/** How long until a newcomer has its full share, in milliseconds. */
const warmUpMs = 5_000;

/**
 * One instance as a caller sees it: what it says of itself, and what calls to it have shown.
 *
 * It is its own Target, so that picking it makes no garbage.
 */
export class Instance implements Target {
  readonly instance: string;
  readonly route: string;
  version = "";
  state: PresenceState = PresenceState.Ready;
  heardAt: number;
  beatMs: number;
  /** Attempts of ours that are out. */
  own = 0;
  /** Calls of everybody else that run and wait there, as last reported. */
  others = 0;
  suspected = false;
  /** It refused for want of room; calls off the end of that. */
  cooling: (() => void) | undefined;
  /** When it was found dead or silent; undefined while it counts as alive. */
  lostAt: number | undefined;
  /** Share of its calls that a newcomer gets: from 0 to 1 while it warms up. */
  warmth = 0;
  #since: number;
  readonly #latencies: number[] = [];
  /** What was outstanding when they were measured, averaged alike. */
  readonly #loads: number[] = [];
  readonly #measuredAt: number[] = [];

  constructor(instance: string, now: number, beatMs: number) {
    this.instance = instance;
    this.route = routeToken({ to: "instance", instance });
    this.#since = now;
    this.heardAt = now;
    this.beatMs = beatMs;
  }

  get rank(): Rank {
    const { state } = this;
    if (this.lostAt !== undefined) return Rank.Out;
    if (state === PresenceState.Draining || state === PresenceState.Gone) return Rank.Out;
    if (this.suspected) return Rank.Suspected;
    if (this.cooling !== undefined) return Rank.Refusing;
    return state === PresenceState.Full ? Rank.Full : Rank.Ready;
  }

  /**
   * The latency to be expected: what was seen, grown by how much more is outstanding than when it was seen (half a call
   * more counts as none), and by a little for each that is outstanding at all. Never below what was seen.
   *
   * The plain product of latency and outstanding counts waiting twice where a handler is serial, since the latency
   * holds the queue already: of four such instances one that is 20 times slower then keeps five calls at 64 in
   * flight, and they are the p99.
   */
  cost(slot: SkillSlot): number {
    const outstanding = 1 + this.own + this.others;
    const growth = outstanding / ((this.#loads[slot.index] ?? 1) + daring);
    const crowding = crowdingShare * outstanding;
    return this.#shown(slot) * ((growth > 1 ? growth : 1) + crowding) + floorMs * outstanding;
  }

  /** What calls of this skill have taken lately, in milliseconds; undefined when none was measured. */
  latency(slot: SkillSlot): number | undefined {
    const latency = this.#latencies[slot.index] ?? unmeasured;
    return latency === unmeasured ? undefined : latency;
  }

  /** An answer took this long. An average, not a peak: where all stand still now and then, peaks are alike. */
  measure(slot: SkillSlot, tookMs: number, now: number): void {
    const before = this.latency(slot);
    if (before === undefined) this.#set(slot, tookMs, now);
    else
      this.#move(slot, {
        from: before,
        to: tookMs,
        now,
        overMs: tookMs > before ? riseMs : fallMs,
      });
  }

  /** It took at least this long and brought nothing: can make it look slower, never faster. */
  raise(slot: SkillSlot, latencyMs: number, now: number): void {
    if (latencyMs > this.#shown(slot)) this.#set(slot, latencyMs, now);
  }

  /** It failed by its own fault: looks twice as slow, or one that fails fast would attract every call. */
  blame(slot: SkillSlot, tookMs: number, now: number): void {
    this.#set(slot, Math.max(tookMs, 2 * this.#shown(slot)), now);
  }

  /** Lets what it once showed sink to what is usual, so that it is tried again. */
  relax(slot: SkillSlot, now: number): void {
    const before = this.latency(slot);
    if (before !== undefined && before > slot.typicalMs)
      this.#move(slot, { from: before, to: slot.typicalMs, now, overMs: forgetMs });
  }

  /** Slow start: a newcomer's share of calls grows while it warms up (linkerd2 #9652). */
  warm(now: number): void {
    this.warmth = Math.min(1, (now - this.#since) / warmUpMs);
  }

  /** It was lost and is back: what it showed on its way out says nothing of now, and would keep it out for half a minute. */
  revive(): void {
    this.lostAt = undefined;
    for (const shown of [this.#latencies, this.#loads, this.#measuredAt]) shown.length = 0;
  }

  /** No slow start: it was there before us. */
  trust(): void {
    this.#since = Number.NEGATIVE_INFINITY;
    this.warmth = 1;
  }

  /** Its load as it says itself, our own calls included. */
  report(load: number): void {
    const others = load - this.own;
    this.others = others > 0 ? Math.min(others, maxLoad) : 0;
  }

  #shown(slot: SkillSlot): number {
    return this.latency(slot) ?? slot.typicalMs;
  }

  #set(slot: SkillSlot, latencyMs: number, now: number): void {
    while (this.#latencies.length <= slot.index) {
      this.#latencies.push(unmeasured);
      this.#loads.push(1 + this.own + this.others);
      this.#measuredAt.push(now);
    }
    this.#latencies[slot.index] = Math.min(Math.max(latencyMs, leastMs), maxLatencyMs);
    this.#measuredAt[slot.index] = now;
  }

  #move(slot: SkillSlot, { from, to, now, overMs }: Move): void {
    const passed = Math.max(0, now - (this.#measuredAt[slot.index] ?? now));
    // A quotient in place of an exponential: this runs once per answer.
    const share = passed / (overMs + passed);
    const moved = from + (to - from) * share;
    const load = this.#loads[slot.index] ?? 1;
    this.#latencies[slot.index] = Math.min(Math.max(moved, leastMs), maxLatencyMs);
    this.#loads[slot.index] = load + (1 + this.own + this.others - load) * share;
    this.#measuredAt[slot.index] = now;
  }
}

interface Move {
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly overMs: number;
}
