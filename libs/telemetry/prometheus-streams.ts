import type { MeshMetrics } from "./metrics.ts";
import type { Add, Sample } from "./samples.ts";

/** How full a stream is. */
export interface StreamFill {
  readonly stream: string;
  readonly bytes: number;
  /** Most that it may hold: full, it refuses what comes or drops its oldest. Infinity where it has no limit. */
  readonly maxBytes: number;
}

/** How many dead letters of an agent nobody has brought back or dropped. */
export interface OpenLetters {
  readonly kind: "task" | "event";
  readonly agent: string;
  readonly open: number;
}

/** The gauges of the streams themselves: what an alert goes by. */
export function addStreams(add: Add, metrics: MeshMetrics): void {
  const fills = (of: (one: StreamFill) => number) => (): readonly Sample[] =>
    metrics.streams.map((one) => ({ value: of(one), labels: { stream: one.stream } }));
  const bytes = fills((one) => one.bytes);
  add("gauge", "mesh_stream_bytes", "What a stream holds.", bytes);
  const limits = fills(({ maxBytes }) => maxBytes);
  add("gauge", "mesh_stream_max_bytes", "Most that a stream may hold.", limits);
  const help = "Dead letters that nobody has brought back or dropped.";
  add("gauge", "mesh_dead_letters", help, () =>
    metrics.openLetters.map(({ kind, agent, open }) => ({ value: open, labels: { kind, agent } })),
  );
}
