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
  /**
   * How much may still come, as a share of all that the stream keeps, before one that is not handled is dropped: 1 while
   * nothing is owed, 0 when the next one may drop it.
   */
  readonly room: number;
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
    [
      "mesh_events_room",
      "Share of what the stream keeps that may still come before an event is dropped unhandled.",
      ({ room }) => room,
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
