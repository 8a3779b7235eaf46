import type { Operation } from "../pipeline/index.ts";
import { type Ground, Interest, type Known } from "./interest.ts";
import type { Roster } from "./roster.ts";

/** How much is kept in mind; every bound is one. */
export interface InterestLimits {
  /** Agents that are listened to at once. */
  readonly maxAgents: number;
  /** Instances of one agent. */
  readonly maxInstances: number;
  /** An agent that is not called for so long is forgotten, in milliseconds. */
  readonly idleMs: number;
}

const sweepMs = 500;
/** Operations beyond this are looked up the slow way; a program calls a few dozen. */
const maxKnown = 10_000;

/**
 * The agents that are called from here, so that control traffic grows with interest and never with the mesh.
 *
 * Over the bound the one that was called longest ago makes room; while all are in use, others are left to the
 * queue group.
 */
export class Interests {
  readonly #ground: Ground;
  readonly #limits: InterestLimits;
  readonly #agents = new Map<string, Interest>();
  /** By operation key: the one look-up of a pick. */
  readonly #known = new Map<string, Known>();
  readonly #unhear: readonly (() => void)[];
  #cancelSweep: (() => void) | undefined;
  #sweptAt = 0;
  #isCrowded = false;
  #isStopped = false;

  constructor(ground: Ground, limits: InterestLimits) {
    this.#ground = ground;
    this.#limits = limits;
    // What is silent while the link is down is not silent: sweeps stand still, and the gap is excused.
    this.#unhear = [
      ground.link.onDown(() => this.#sweep()),
      ground.link.onUp(() => this.#sweep()),
      ground.link.onDenied(({ subject }) => this.#tried(subject)),
    ];
  }

  /** Where an operation's calls are balanced; undefined when it never was called. */
  known(operation: Operation): Known | undefined {
    return this.#known.get(operation.key);
  }

  /** The same, and begins to listen on the first call; undefined when that cannot be now. */
  meet(operation: Operation): Known | undefined {
    if (this.#isStopped || !this.#ground.link.isUp) return undefined;
    const interest = this.#agents.get(operation.agent) ?? this.#begin(operation.agent);
    if (interest === undefined) return undefined;
    const known = interest.skill(operation);
    if (this.#known.size < maxKnown) this.#known.set(operation.key, known);
    return known;
  }

  /** The instances of an agent that is called from here. */
  roster(agent: string): Roster | undefined {
    return this.#agents.get(agent)?.roster;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelSweep?.();
    for (const unhear of this.#unhear) unhear();
    for (const agent of [...this.#agents.keys()]) this.#end(agent);
  }

  #tried(subject: string): boolean {
    for (const interest of this.#agents.values()) if (interest.tried(subject)) return true;
    return false;
  }

  #begin(agent: string): Interest | undefined {
    if (this.#agents.size >= this.#limits.maxAgents && !this.#makeRoom()) return undefined;
    try {
      const interest = new Interest(agent, this.#ground, this.#limits.maxInstances);
      this.#agents.set(agent, interest);
      if (this.#cancelSweep === undefined) this.#arm();
      return interest;
    } catch {
      // Calls never wait for discovery, nor fail by it: the call itself will meet what is wrong with the link.
      return undefined;
    }
  }

  #end(agent: string): void {
    const interest = this.#agents.get(agent);
    if (interest === undefined) return;
    this.#agents.delete(agent);
    for (const key of interest.keys) this.#known.delete(key);
    interest.stop();
  }

  /** Looks once per sweep: a program that calls more agents than fit must not pay for it at every call. */
  #makeRoom(): boolean {
    if (this.#isCrowded) return false;
    let oldest: Interest | undefined;
    for (const interest of this.#agents.values()) {
      if (interest.roster.used || interest.roster.isBusy) continue;
      if (oldest === undefined || interest.usedAt < oldest.usedAt) oldest = interest;
    }
    if (oldest === undefined) this.#isCrowded = true;
    else this.#end(oldest.roster.agent);
    return oldest !== undefined;
  }

  #arm(): void {
    this.#sweptAt = this.#ground.clock.now();
    this.#cancelSweep = this.#ground.clock.schedule(sweepMs, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
      if (this.#agents.size > 0 && !this.#isStopped) this.#arm();
    });
  }

  #sweep(): void {
    const now = this.#ground.clock.now();
    const passed = now - this.#sweptAt;
    this.#sweptAt = now;
    this.#isCrowded = false;
    // A process that stood still, or was cut off, has not listened either.
    const unheardMs = this.#ground.link.isUp ? Math.max(0, passed - 2 * sweepMs) : passed;
    for (const [agent, interest] of this.#agents) {
      const { roster } = interest;
      if (unheardMs > 0) roster.excuse(unheardMs);
      if (roster.used) interest.usedAt = now;
      roster.used = false;
      roster.sweep(now);
      if (now - interest.usedAt > this.#limits.idleMs && !roster.isBusy) this.#end(agent);
    }
  }
}
