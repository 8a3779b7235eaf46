import { type SdkOptions, startSdk, type Telemetry } from "../telemetry/index.ts";

export type { Telemetry } from "../telemetry/index.ts";

/** As for the SDK; the environment is the process's own unless another one is given. */
export type TelemetryOptions = Omit<SdkOptions, "env"> & Partial<Pick<SdkOptions, "env">>;

/**
 * Starts tracing for a program, before it connects: OpenTelemetry's SDK with an OTLP exporter, when the environment
 * names an endpoint (`OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`). Without one it does nothing.
 */
export function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  return startSdk({ env: process.env, ...options });
}
