export type { LaterFilter, Scheduled } from "./scheduled.ts";
export { type Backlog, openLater, WorkForLater } from "./work-for-later.ts";
