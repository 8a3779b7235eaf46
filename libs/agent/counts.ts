import type { Presence } from "../discovery/index.ts";
import type { ServiceCounts } from "../nats/index.ts";
import type { Operation } from "../pipeline/index.ts";
import type { Admission } from "../serve/admission.ts";
import type { MeshMetrics } from "../telemetry/index.ts";

/** Who knows how an instance is. */
export interface Counting {
  readonly metrics: MeshMetrics;
  readonly admission: Pick<Admission, "load" | "room">;
  readonly presence: Pick<Presence, "state">;
}

/** What `$SRV.STATS` tells of a skill, and beside it how the instance is. */
export function countsOf(
  operation: Operation | undefined,
  { metrics, admission, presence }: Counting,
): ServiceCounts {
  if (operation === undefined) return { requests: 0, errors: 0, processingMs: 0 };
  const { latency, errors } = metrics.server(operation);
  const { load, room } = admission;
  const data = { state: presence.state, load, room, now: new Date().toISOString() };
  return { requests: latency.count, errors: errors.total, processingMs: latency.sumMs, data };
}
