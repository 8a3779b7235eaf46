export {
  type Running,
  readAttempt,
  readRunning,
  runningBody,
  stateHeaders,
  type Try,
} from "./attempts/running.ts";
export { Claims } from "./claims/claims.ts";
export { stopOf } from "./claims/stop.ts";
export {
  bury,
  type Dead,
  type DeadFacts,
  readDead,
} from "./dead/dead.ts";
export { isPlaceName } from "./dead/letter-name.ts";
export {
  isIdOf,
  type Move,
  type Moved,
  moved,
  type Original,
  originOf,
  readMoved,
  readWrapped,
  wrapMoved,
} from "./dead/moved.ts";
export { unwrapHead, wrappedIn } from "./dead/origin.ts";
export { deadEvent } from "./events/dead-event.ts";
export { bringing } from "./events/event-body.ts";
export { readEventTries } from "./events/event-tries.ts";
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
  scheduleCancellation,
} from "./later/index.ts";
export { CallRecorder, type RecordFacts, readRecordFacts, recordTasks } from "./recording/index.ts";
export type {
  Artifact,
  ArtifactContent,
  Artifacts,
  ListOptions,
  Maker,
} from "./state/artifact.ts";
export { ArtifactStore } from "./state/artifacts.ts";
export { StoredConversation } from "./state/conversation.ts";
export type { ConversationTurn } from "./state/conversation-document.ts";
export type { Conversation, ConversationState } from "./state/conversation-handle.ts";
export {
  type ConversationOptions,
  conversationName,
  conversationWith,
  resolveConversation,
} from "./state/conversation-options.ts";
export type { Delivered } from "./stored/acks.ts";
export type { Put, StoredMessage } from "./stored/answers.ts";
export { ErrCode } from "./stored/err-code.ts";
export { envelopeHeaders, onceId } from "./stored/signing.ts";
export { type Headers, type OutMessage, StoreAccess } from "./stored/store.ts";
export { checkServer, isNewEnough, leastServer } from "./stored/version.ts";
export { onceAfter, write } from "./stored/writing.ts";
export { cancelledBy, taskCancellation } from "./tasks/cancelling.ts";
export type { Progress } from "./tasks/documents.ts";
export { statesOf } from "./tasks/documents.ts";
export { failureOf } from "./tasks/final.ts";
export { readGeneration } from "./tasks/generation.ts";
export type { TaskHandle, TaskStatus, WaitOptions } from "./tasks/handle.ts";
export type { Receipt } from "./tasks/sender.ts";
export type { SubmitOptions } from "./tasks/submit-options.ts";
export { Submitter } from "./tasks/submitter.ts";
export type { Listeners } from "./tasks/takers.ts";
export { verifyResults } from "./tasks/verifying-results.ts";
export { type AbandonedParts, endAbandoned } from "./work/abandoned.ts";
export { deadlineOf, endOverdue } from "./work/overdue.ts";
export { Taking, type TakingParts } from "./work/taking.ts";
export type { TaskDelivery } from "./work/task-delivery.ts";
export { resolveTasks, type TasksOptions } from "./work/tasks-options.ts";
export { verifyTasks } from "./work/verifying.ts";
export type { VerifyTask } from "./work/work-parts.ts";
export { Worker } from "./work/worker.ts";
