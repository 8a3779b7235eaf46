import { Histogram } from "./histogram.ts";
import type { ClientMeter, ServerMeter } from "./meters.ts";
import type { Tally } from "./tally.ts";

/** Figures of one skill, or of a whole agent, for a table. Times are in milliseconds, estimated from buckets. */
export interface Figures {
  readonly agent: string;
  /** Undefined when they are of all its skills. */
  readonly skill: string | undefined;
  readonly calls: number;
  readonly errors: number;
  /** Further attempts; 0 where calls are served. */
  readonly retries: number;
  readonly inFlight: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** How many ended with each error code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Everything that one connection has counted, as plain data. */
export interface MetricsSnapshot {
  /** Calls made from here, per skill. */
  readonly called: readonly Figures[];
  /** The same per agent. */
  readonly calledAgents: readonly Figures[];
  /** Requests served here, per skill. */
  readonly served: readonly Figures[];
  /** Refused before anything was spent on them, by reason. */
  readonly shed: Readonly<Record<string, number>>;
  /** Messages that were dropped or refused before they became a request, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly lateReplies: number;
  readonly reconnects: number;
}

/** Figures per skill, in the order of names. */
export function figuresBySkill(meters: Iterable<ClientMeter | ServerMeter>): Figures[] {
  return [...meters].map((meter) => sum(meter.agent, meter.skill, [meter])).sort(byName);
}

/** Figures per agent, in the order of names. */
export function figuresByAgent(meters: Iterable<ClientMeter | ServerMeter>): Figures[] {
  const agents = new Map<string, (ClientMeter | ServerMeter)[]>();
  for (const meter of meters) {
    const sofar = agents.get(meter.agent);
    if (sofar === undefined) agents.set(meter.agent, [meter]);
    else sofar.push(meter);
  }
  return [...agents].map(([agent, ofIt]) => sum(agent, undefined, ofIt)).sort(byName);
}

/** Several tallies as one record. */
export function totals(tallies: Iterable<Tally>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const tally of tallies) {
    for (const [name, count] of tally.entries()) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

function sum(
  agent: string,
  skill: string | undefined,
  meters: readonly (ClientMeter | ServerMeter)[],
): Figures {
  const latency = new Histogram();
  let errors = 0;
  let retries = 0;
  let inFlight = 0;
  for (const meter of meters) {
    latency.add(meter.latency);
    errors += meter.errors.total;
    inFlight += meter.inFlight;
    if ("retries" in meter) retries += meter.retries;
  }
  return {
    agent,
    skill,
    calls: latency.count,
    errors,
    retries,
    inFlight,
    p50: latency.quantile(0.5),
    p95: latency.quantile(0.95),
    p99: latency.quantile(0.99),
    codes: totals(meters.map((meter) => meter.errors)),
  };
}

function byName(a: Figures, b: Figures): number {
  const first = `${a.agent}.${a.skill ?? ""}`;
  const second = `${b.agent}.${b.skill ?? ""}`;
  return first < second ? -1 : first > second ? 1 : 0;
}
