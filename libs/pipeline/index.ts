export { type Abortable, checkSignal, onAbort } from "./aborts.ts";
export { type Call, CallRecord, type Layer, type Reply, type Send, traced } from "./call.ts";
export { type Clock, pause, systemClock } from "./clock.ts";
export { compose, proceed } from "./compose.ts";
export type { CloudEvent, EventArrival } from "./event.ts";
export { every } from "./every.ts";
export { Frames } from "./frames.ts";
export { abortCode, gaveUp, inTime, unlessAborted, whyAborted } from "./giving-up.ts";
export { hexId, randomToken, tokenLength } from "./ids.ts";
export type {
  Claim,
  HeldPayload,
  KeptPayload,
  LargePayloads,
  OwnedClaim,
  Parking,
  Stop,
} from "./large.ts";
export type { Codec, Operation } from "./operation.ts";
export { checkNumber, checkNumbers, overDefaults } from "./options.ts";
export type { LinkState, Load, Membership, Picker, Target } from "./ports.ts";
export { type Replay, staysInside } from "./replay.ts";
export {
  type OnBehalf,
  type Request,
  RequestRecord,
  type Serve,
  type ServeLayer,
  type TaskMove,
  type TaskWork,
} from "./request.ts";
export { CallSignal, sleep, unlessEnded } from "./signal.ts";
export type { TraceContext } from "./trace.ts";
export { type Timer, timer, Wheel } from "./wheel.ts";
