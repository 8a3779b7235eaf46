import type { Child } from "../support/child.ts";
import type { Children } from "../support/children.ts";
import type { Driven } from "../support/drive.ts";
import { cpuMs } from "../support/processes.ts";
import type { Server } from "../support/server.ts";
import type { Place } from "./side.ts";

/** One way to call, running: its two programs, and the server between them. */
export interface Pair {
  readonly agent: Child;
  readonly caller: Child;
  readonly server: Server;
}

/** What a caller got done in one slice of a round. */
export interface Slice extends Driven {
  /** CPU time spent by caller, agent and server, in milliseconds. */
  readonly cpu: readonly [caller: number, agent: number, server: number];
}

/** Starts the agent, then the caller. */
export async function startPair(
  children: Children,
  server: Server,
  given: Omit<Place, "url">,
): Promise<Pair> {
  const place: Place = { ...given, url: server.url };
  const agent = await children.start("call/agent", place);
  return { agent, caller: await children.start("call/caller", place), server };
}

/** Lets the compiler see the code before anything counts. */
export async function warm(pairs: Iterable<Pair>): Promise<void> {
  for (const { caller } of pairs) await caller.ask("drive", { inFlight: 64, forMs: 1_000 });
}

/** Calls for a while, with so many in flight. */
export async function slice(pair: Pair, inFlight: number, forMs: number): Promise<Slice> {
  const pids = [pair.caller.pid, pair.agent.pid, pair.server.pid];
  const before = await Promise.all(pids.map(cpuMs));
  const driven = await pair.caller.ask<Driven>("drive", { inFlight, forMs });
  const after = await Promise.all(pids.map(cpuMs));
  const [caller = 0, agent = 0, broker = 0] = after.map((ms, at) => ms - (before[at] ?? 0));
  return { ...driven, cpu: [caller, agent, broker] };
}

/** Where the time went, in microseconds of CPU for each answer. */
export function cost(slices: readonly Slice[]): string {
  const answers = slices.reduce((sum, slice) => sum + slice.answers, 0);
  const parts = [0, 1, 2].map((at) => {
    const spentMs = slices.reduce((sum, { cpu }) => sum + (cpu[at] ?? 0), 0);
    return ((spentMs * 1_000) / answers).toFixed(1);
  });
  const failures = slices.reduce((sum, slice) => sum + slice.failures, 0);
  const failed =
    failures === 0
      ? ""
      : `; ${failures} failed, first ${slices.find((slice) => slice.firstFailure)?.firstFailure}`;
  return `CPU µs a call: caller ${parts[0]}, agent ${parts[1]}, server ${parts[2]}${failed}`;
}
