import type { PresenceState } from "@myelin/subjects";
import { codeTable, MeshCode, type MeshError } from "../errors/index.ts";
import type { Call, Load, Membership, Picker, Target } from "../pipeline/index.ts";
import { isInstance } from "./card.ts";
import { Instance, Rank } from "./instance.ts";
import { assumedBeatMs, type Ground, type Known } from "./interest.ts";
import { type InterestLimits, Interests } from "./interests.ts";

/** What discovery needs, and how much it may keep in mind. */
export interface DiscoveryOptions extends Ground {
  /** Agents that are listened to at once. Default: 1,000. */
  readonly maxAgents?: number;
  /** Instances of one agent that are known. Default: 1,000. */
  readonly maxInstances?: number;
  /** An agent not called for so long is forgotten, in milliseconds. Default: 300,000. */
  readonly idleMs?: number;
}

/** One instance as this caller knows it, for tables. */
export interface KnownInstance {
  readonly instance: string;
  readonly version: string;
  readonly state: PresenceState;
  /** Whether calls are sent to it. */
  readonly isAlive: boolean;
  readonly isSuspected: boolean;
  /** Attempts from here that are out. */
  readonly outstanding: number;
  /** Calls from elsewhere that run and wait there. */
  readonly otherLoad: number;
}

const defaults: InterestLimits = { maxAgents: 1_000, maxInstances: 1_000, idleMs: 300_000 };

/** How long an instance that refused is avoided when it does not say, and the bounds when it does. */
const coolingMs = { usual: 250, least: 20, most: 5_000 };

/** Faults that tell of an instance itself; those of its connection are known by other means. */
const blamed: ReadonlySet<MeshCode> = new Set(
  Object.values(MeshCode).filter(
    (code) =>
      codeTable[code].faultOfPeer &&
      code !== MeshCode.Unavailable &&
      code !== MeshCode.UnknownOutcome &&
      code !== MeshCode.DeadlineExceeded,
  ),
);

/**
 * Who exists, who is alive and how loaded, learned from beats, probes and the calls themselves.
 *
 * No call waits for it. The first call to an agent goes to the queue group, and makes discovery ask for the
 * instances and listen to their beats.
 */
export class Discovery implements Picker, Load, Membership {
  readonly #ground: Ground;
  readonly #interests: Interests;

  constructor(options: DiscoveryOptions) {
    this.#ground = options;
    const { maxAgents, maxInstances, idleMs } = { ...defaults, ...options };
    this.#interests = new Interests(options, { maxAgents, maxInstances, idleMs });
  }

  pick(call: Call): Target | undefined {
    const { operation, tried } = call;
    const known = this.#interests.known(operation) ?? this.#interests.meet(operation);
    if (known === undefined) return undefined;
    known.roster.used = true;
    return known.roster.pick(known.slot, tried);
  }

  sent(call: Call): void {
    if (call.target instanceof Instance) call.target.own++;
  }

  answered(call: Call, tookMs: number, name: string | undefined, load: number | undefined): void {
    const known = this.#interests.known(call.operation);
    const now = this.#ground.clock.now();
    const instance = this.#settle(call) ?? this.#named(known, name, now);
    if (instance === undefined || known === undefined) return;
    if (instance.suspected) known.roster.heard(instance, now);
    instance.heardAt = now;
    // Its load still counts the call that it has just answered.
    if (load !== undefined) instance.report(load - 1);
    known.roster.measure(instance, known.slot, tookMs, now);
  }

  failed(call: Call, tookMs: number, error: MeshError): void {
    const instance = this.#settle(call);
    const known = this.#interests.known(call.operation);
    if (instance === undefined || known === undefined) return;
    const now = this.#ground.clock.now();
    const { code } = error;
    if (code === MeshCode.Overloaded) this.#cool(instance, known, error.retryAfterMs);
    else if (code === MeshCode.Draining) known.roster.drain(instance, now);
    else if (blamed.has(code)) instance.blame(known.slot, tookMs, now);
    else if (code === MeshCode.DeadlineExceeded || code === MeshCode.Cancelled)
      instance.raise(known.slot, tookMs, now);
  }

  lost(agent: string, instance: string): void {
    const roster = this.#interests.roster(agent);
    const found = roster?.get(instance);
    if (found !== undefined) roster?.lose(found, this.#ground.clock.now());
  }

  suspected(agent: string, instance: string): void {
    const roster = this.#interests.roster(agent);
    const found = roster?.get(instance);
    if (found !== undefined) roster?.suspect(found);
  }

  heard(agent: string, instance: string): void {
    const roster = this.#interests.roster(agent);
    if (roster === undefined) return;
    const now = this.#ground.clock.now();
    const found = roster.get(instance);
    if (found !== undefined) roster.heard(found, now);
    else if (isInstance(instance)) roster.adopt(instance, assumedBeatMs, now);
  }

  /** What is known of an agent that is called from here. */
  instances(agent: string): readonly KnownInstance[] {
    const roster = this.#interests.roster(agent);
    return roster === undefined ? [] : Array.from(roster.instances, describe);
  }

  /** Listens to nobody any more; picks leave everything to the queue group. */
  stop(): void {
    this.#interests.stop();
  }

  /** The attempt is no longer out. */
  #settle(call: Call): Instance | undefined {
    const { target } = call;
    if (!(target instanceof Instance)) return undefined;
    if (target.own > 0) target.own--;
    return target;
  }

  /** Who answered a call that went to whoever had room; one that is new is taken in. */
  #named(known: Known | undefined, name: string | undefined, now: number): Instance | undefined {
    if (known === undefined || name === undefined) return undefined;
    const found = known.roster.get(name);
    if (found !== undefined) return found;
    return isInstance(name) ? known.roster.adopt(name, assumedBeatMs, now) : undefined;
  }

  /** Avoided while others have room: a refusal is quick, and must not look attractive. */
  #cool(instance: Instance, known: Known, retryAfterMs: number = coolingMs.usual): void {
    const { least, most } = coolingMs;
    const delayMs = Math.min(most, Math.max(least, retryAfterMs));
    known.roster.cool(instance, (warmAgain) => this.#ground.clock.schedule(delayMs, warmAgain));
  }
}

function describe(instance: Instance): KnownInstance {
  return {
    instance: instance.instance,
    version: instance.version,
    state: instance.state,
    isAlive: instance.rank !== Rank.Out,
    isSuspected: instance.suspected,
    outstanding: instance.own,
    otherLoad: instance.others,
  };
}
