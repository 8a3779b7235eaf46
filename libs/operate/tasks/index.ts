export type { AgentBacklog } from "./backlog.ts";
export {
  type CancelledTask,
  openTasks,
  type QueuedFilter,
  TaskBoard,
} from "./board.ts";
export type { TaskDetails, TaskFilter } from "./details.ts";
export type { QueuedState, TaskView } from "./reader.ts";
export type { Queued } from "./view.ts";
