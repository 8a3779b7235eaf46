import type { MeshMetrics } from "@myelin/mesh";
import type { Figure } from "../contracts/editor.ts";

/** How the calls of one connection went, a row per agent that was called. */
export function figuresOf(metrics: MeshMetrics): Figure[] {
  return metrics
    .snapshot()
    .calledAgents.map(({ agent, calls, errors, retries, p50, p95, p99 }) => ({
      ...{ agent, calls, errors, retries },
      ...{ p50, p95, p99 },
    }));
}
