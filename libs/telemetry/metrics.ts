import type { Registry } from "prom-client";
import type { Operation } from "../pipeline/index.ts";
import { figuresByAgent, figuresBySkill, type MetricsSnapshot, totals } from "./figures.ts";
import { ClientMeter, Meters, mostOperations, ServerMeter } from "./meters.ts";
import { createRegistry } from "./prometheus.ts";
import type { FollowLag } from "./prometheus-follows.ts";
import type { OpenLetters, StreamFill } from "./prometheus-streams.ts";
import { Tally } from "./tally.ts";
import { type Backlog, TaskMeter } from "./task-meter.ts";

/** What a breaker does with calls. */
export type BreakerState = "closed" | "half-open" | "open";

/** What is known of one breaker. */
export interface BreakerFigures {
  state: BreakerState;
  readonly turns: Tally;
}

/** When something that a connection logs in with ends. */
export interface Ending {
  readonly what: string;
  readonly expiresAt: Date;
}

/** Whose it is, and how to read it now. */
export interface Endings {
  readonly agent: string;
  readonly read: () => readonly Ending[];
}

/**
 * Counts what one connection does; several connections of a program may share one.
 *
 * The hot path writes plain fields only; prom-client reads them when it is scraped.
 */
export class MeshMetrics {
  readonly clients = new Meters((agent, skill) => new ClientMeter(agent, skill));
  readonly servers = new Meters((agent, skill) => new ServerMeter(agent, skill));
  readonly tasks = new Meters((agent, skill) => new TaskMeter(agent, skill));
  /** What waits in the store, where somebody counts it. */
  backlogs: readonly Backlog[] = [];
  /** How far subscriptions to events are behind, where somebody counts it. */
  followLags: readonly FollowLag[] = [];
  /** How full streams are, where somebody looks. */
  streams: readonly StreamFill[] = [];
  /** Dead letters that are open, where somebody counts them. */
  openLetters: readonly OpenLetters[] = [];
  /** By `<agent>.<skill>`. */
  readonly breakers = new Map<string, BreakerFigures>();
  readonly refused = new Tally();
  /** Copies for the flight recorder, by what became of them. */
  readonly records = new Tally();
  readonly endings = new Set<Endings>();
  lateReplies = 0;
  reconnects = 0;
  #registry: Registry | undefined;

  /** The meter of calls to a skill. */
  client(operation: Operation): ClientMeter {
    return this.clients.of(operation);
  }

  /** The meter of a skill that is served here. */
  server(operation: Operation): ServerMeter {
    return this.servers.of(operation);
  }

  /** The meter of tasks for a skill. */
  task(operation: Operation): TaskMeter {
    return this.tasks.of(operation);
  }

  /** An answer came that nobody waits for any more. */
  lateReply(): void {
    this.lateReplies++;
  }

  /** A message was dropped or refused before it became a request. */
  refusedMessage(reason: string): void {
    this.refused.add(reason);
  }

  /** The breaker of `<agent>.<skill>` has changed its state. */
  breakerTurned(key: string, state: BreakerState): void {
    let breaker = this.breakers.get(key);
    if (breaker === undefined) {
      const name = this.breakers.size < mostOperations ? key : "other.other";
      breaker = this.breakers.get(name) ?? { state, turns: new Tally() };
      this.breakers.set(name, breaker);
    }
    breaker.state = state;
    breaker.turns.add(state);
  }

  /** The connection to the broker was lost and is back. */
  reconnected(): void {
    this.reconnects++;
  }

  /** Shows when the credentials and certificate of a name end, until the answer is called. */
  expiring(agent: string, read: () => readonly Ending[]): () => void {
    const endings = { agent, read };
    this.endings.add(endings);
    return () => void this.endings.delete(endings);
  }

  /** Everything counted so far, for tables. */
  snapshot(): MetricsSnapshot {
    return {
      called: figuresBySkill(this.clients.all()),
      calledAgents: figuresByAgent(this.clients.all()),
      served: figuresBySkill(this.servers.all()),
      shed: totals([...this.servers.all()].map((meter) => meter.sheds)),
      refused: totals([this.refused]),
      lateReplies: this.lateReplies,
      reconnects: this.reconnects,
    };
  }

  /** A prom-client registry that shows all of it; register other metrics beside them. */
  get registry(): Registry {
    this.#registry ??= createRegistry(this);
    return this.#registry;
  }
}
