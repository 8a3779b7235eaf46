export { BacklogGauges } from "./backlog-gauges.ts";
export { DeadKeeper } from "./dead-keeper.ts";
export {
  type KeeperLogger,
  type Keeping,
  type KeepingOptions,
  openKeeping,
  type StoreSide,
  type WorkspaceSide,
} from "./keeping.ts";
export { LaterKeeper } from "./later/later-keeper.ts";
export { LetterTidying, type TidyingOptions } from "./letter-tidying.ts";
export { type OverdueOptions, OverdueTasks } from "./overdue-tasks.ts";
export { StreamGauges } from "./stream-gauges.ts";
