import type { MeshMetrics } from "./metrics.ts";
import type { Add } from "./samples.ts";

/** How far a durable subscription to events is behind, as keeper counts it. */
export interface FollowLag {
  readonly agent: string;
  readonly follow: string;
  /** Not delivered to anybody yet. */
  readonly pending: number;
  /** With a follower, or waiting for their next attempt. */
  readonly inWork: number;
  /** Age of the oldest one that is not handled, in seconds. */
  readonly oldestSeconds: number;
}

/** The gauges of what durable subscriptions have not handled yet: what an autoscaler goes by. */
export function addFollows(add: Add, metrics: MeshMetrics): void {
  const gauges: readonly (readonly [string, string, (one: FollowLag) => number])[] = [
    ["mesh_events_pending", "Events that no follower has got yet.", ({ pending }) => pending],
    [
      "mesh_events_in_work",
      "Events with a follower, or before another attempt.",
      (lag) => lag.inWork,
    ],
    [
      "mesh_events_oldest_seconds",
      "Age of the oldest event that is not handled.",
      (lag) => lag.oldestSeconds,
    ],
  ];
  for (const [name, help, of] of gauges) {
    add("gauge", name, help, () =>
      metrics.followLags.map((lag) => {
        const { agent, follow } = lag;
        return { value: of(lag), labels: { agent, follow } };
      }),
    );
  }
}
