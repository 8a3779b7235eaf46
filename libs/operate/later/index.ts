export type { LaterFilter, Scheduled } from "./scheduled.ts";
export { type Backlog, type LaterOptions, openLater, WorkForLater } from "./work-for-later.ts";
