export { accessLog, type ProgramLogger } from "./program/access-log.ts";
export { type DrainOptions, drainOnSignal } from "./program/drain.ts";
export {
  type ProgramServer,
  type ProgramServerOptions,
  programServer,
} from "./program/server.ts";
export { startTelemetry, type Telemetry, type TelemetryOptions } from "./program/telemetry.ts";
