// For agent authors.
export type { CallOptions, Client, ClientOptions, OnBehalfOf } from "./agent/client.ts";
export type { Context, EndUser, Handlers } from "./agent/context.ts";
export type { EventContext } from "./agent/event-context.ts";
export type { Publish } from "./agent/event-publish.ts";
export { type EventHandler, type EventHandling, on, type Subscribed } from "./agent/events.ts";
export { type Located, locate } from "./agent/locate.ts";
export type { Logger } from "./agent/logger.ts";
export { connect, type DrainOptions, type Mesh, serve } from "./agent/mesh.ts";
export type { ConnectOptions } from "./agent/options.ts";
export {
  type Rehearsable,
  type Rehearsal,
  type RehearseOptions,
  rehearse,
} from "./agent/rehearse.ts";
export type { ServeOptions } from "./agent/serve-options.ts";
export { type MeshThatIsUp, meshThatIsUp } from "./agent/state-file.ts";
export type { BreakerOptions } from "./call/breaker-options.ts";
export type { LimiterOptions } from "./call/limiter.ts";
export type { RetryOptions } from "./call/retry-options.ts";
export {
  type Contract,
  defineAgent,
  type EventKind,
  event,
  isDomainError,
  type Skill,
  skill,
} from "./contract/index.ts";
export type {
  Artifact,
  ArtifactContent,
  Artifacts,
  Conversation,
  ConversationOptions,
  ConversationState,
  ConversationTurn,
  EventReceipt,
  FollowOptions,
  HearOptions,
  Listeners,
  Progress,
  PublishOptions,
  Receipt,
  Schedule,
  ScheduleOptions,
  SubmitOptions,
  TaskHandle,
  TaskStatus,
  TasksOptions,
  Try,
  WaitOptions,
} from "./durable/index.ts";
export {
  codeTable,
  isMeshError,
  MeshCode,
  MeshError,
  type MeshErrorOptions,
  type Reason,
} from "./errors/index.ts";
export type { Trust, Vouching } from "./identity/index.ts";
export type { CredentialsOption, TlsOptions } from "./nats/index.ts";
export type { Abortable } from "./pipeline/index.ts";
// For authors of layers.
export {
  type Call,
  CallSignal,
  type Clock,
  compose,
  type Layer,
  type Operation,
  type Replay,
  type Reply,
  type Request,
  type Send,
  type Serve,
  type ServeLayer,
  systemClock,
  type TaskMove,
} from "./pipeline/index.ts";
export { type AccessRecord, MeshMetrics, type MetricsSnapshot } from "./telemetry/index.ts";
