export type { Progress } from "./documents.ts";
export { type Replies, StoreAccess } from "./store.ts";
export type { SubmitOptions } from "./submit-options.ts";
export { type Listeners, type Receipt, Submitter } from "./submitter.ts";
export type { TaskHandle, TaskStatus, WaitOptions } from "./task.ts";
export { resolveTasks, type TasksOptions } from "./tasks-options.ts";
export { verifyTasks } from "./verifying.ts";
export type { VerifyTask } from "./work-parts.ts";
export { Worker } from "./worker.ts";
