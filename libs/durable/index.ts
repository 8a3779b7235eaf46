export { Claims } from "./claims/claims.ts";
export { bringing } from "./claims/events.ts";
export {
  bury,
  type Dead,
  type DeadFacts,
  readDead,
} from "./dead/dead.ts";
export {
  isIdOf,
  type Move,
  type Moved,
  type MoveReason,
  moved,
  type Original,
  originOf,
  readWrapped,
  wrapMoved,
} from "./dead/moved.ts";
export { unwrapHead, wrappedIn } from "./dead/origin.ts";
export { deadEvent } from "./events/dead-event.ts";
export {
  EventCheck,
  type EventReceipt,
  type EventWork,
  eventData,
  eventOperation,
  Follower,
  type FollowOptions,
  givenUp,
  Hearer,
  type HearOptions,
  isEventId,
  kindOf,
  Publisher,
  type PublishOptions,
  readCloud,
  readEventId,
  resolveFollow,
  resolveHear,
} from "./events/index.ts";
export {
  cancelOrder,
  checkCron,
  firingId,
  isPlanned,
  keptHeaders,
  type LaterOrder,
  momentOf,
  mostScheduleId,
  nextOf,
  OrderJudge,
  type Page,
  type Plan,
  readKept,
  readOrder,
  readPlace,
  type Schedule,
  type ScheduleOptions,
  type WhenOptions,
} from "./later/index.ts";
export { CallRecorder, type RecordFacts, readRecordFacts, recordTasks } from "./recording/index.ts";
export type {
  Artifact,
  ArtifactContent,
  Artifacts,
  GetOptions,
  ListOptions,
  Maker,
  OfOptions,
  PutOptions,
} from "./state/artifact.ts";
export { ArtifactStore } from "./state/artifacts.ts";
export {
  type AppendOptions,
  type Conversation,
  type ConversationState,
  StoredConversation,
} from "./state/conversation.ts";
export type { KeptTurn, Turn as ConversationTurn } from "./state/conversation-document.ts";
export {
  type ConversationOptions,
  conversationName,
  conversationWith,
  resolveConversation,
} from "./state/conversation-options.ts";
export { storedAtOf, storedOf } from "./stored/acks.ts";
export type { Put } from "./stored/answers.ts";
export type { Delivery } from "./stored/delivery.ts";
export { onceId } from "./stored/signing.ts";
export { type Headers, StoreAccess } from "./stored/store.ts";
export { checkServer, leastServer } from "./stored/version.ts";
export { write } from "./stored/writing.ts";
export { cancelledBy, orderedCancel } from "./tasks/cancelling.ts";
export type { Progress } from "./tasks/documents.ts";
export { statesOf } from "./tasks/documents.ts";
export { failureOf } from "./tasks/final.ts";
export { readGeneration } from "./tasks/generation.ts";
export type { SubmitOptions } from "./tasks/submit-options.ts";
export { type Receipt, Submitter } from "./tasks/submitter.ts";
export type { Listeners } from "./tasks/takers.ts";
export type { TaskHandle, TaskStatus, WaitOptions } from "./tasks/task.ts";
export { verifyResults } from "./tasks/verifying-results.ts";
export { type AbandonedParts, endAbandoned } from "./work/abandoned.ts";
export { type Running, readRunning, type Try } from "./work/running.ts";
export { type Taken, Taking, type TakingParts } from "./work/taking.ts";
export { resolveTasks, type TasksOptions } from "./work/tasks-options.ts";
export { verifyTasks } from "./work/verifying.ts";
export type { VerifyTask } from "./work/work-parts.ts";
export { Worker } from "./work/worker.ts";
