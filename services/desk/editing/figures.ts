import type { MeshMetrics } from "@myelin/mesh";
import type { Figure } from "../contracts/editor.ts";

/** How the calls of one connection went, a row per agent that was called. */
export function figuresOf(metrics: MeshMetrics): Figure[] {
  return metrics
    .snapshot()
    .calledAgents.map(({ agent, calls, errors, retries, p50, p95, p99 }) => ({
      ...{ agent, as: "call" as const, calls, errors, retries },
      ...{ p50, p95, p99 },
    }));
}

/** How the tasks of one agent went, from submitting each to its result. */
export function taskFigure(
  agent: string,
  tasks: readonly { readonly tookMs: number; readonly attempt: number }[],
  errors: number,
): Figure {
  const sorted = tasks.map(({ tookMs }) => tookMs).sort(byNumber);
  return {
    ...{ agent, as: "task", calls: tasks.length, errors },
    retries: tasks.reduce((sum, { attempt }) => sum + attempt - 1, 0),
    p50: at(sorted, 0.5),
    p95: at(sorted, 0.95),
    p99: at(sorted, 0.99),
  };
}

export function median(numbers: readonly number[]): number {
  return at([...numbers].sort(byNumber), 0.5);
}

/** The number below which this share of them lies; 0 where there are none. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function byNumber(one: number, other: number): number {
  return one - other;
}
