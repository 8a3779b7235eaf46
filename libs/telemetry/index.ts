export type { AccessHook, AccessRecord } from "./access.ts";
export type { Figures, MetricsSnapshot } from "./figures.ts";
export { Histogram } from "./histogram.ts";
export type { ClientMeter, Outcome, ServerMeter } from "./meters.ts";
export { type BreakerState, MeshMetrics } from "./metrics.ts";
export { type SdkOptions, type SpanSink, startSdk, type Telemetry } from "./sdk.ts";
export { onStreamEnd } from "./stream-end.ts";
export { formatTraceparent, parseTraceparent } from "./traceparent.ts";
export { MeshTracer, type TracerOptions } from "./tracing.ts";
