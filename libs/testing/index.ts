export { type CallParts, call, operation, type RequestParts, request } from "./builders.ts";
export { eventually, type Patience } from "./eventually.ts";
export { answering, type FarSide, failing, farSide, hanging } from "./far-side.ts";
export { ManualClock } from "./manual-clock.ts";
export { type NatsOptions, type NatsServer, startNats } from "./nats-server.ts";
