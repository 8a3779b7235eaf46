export { scheduleCancellation } from "./cancelling.ts";
export { checkCron } from "./cron.ts";
export { OrderJudge } from "./judging.ts";
export type { Page } from "./listing.ts";
export { keptHeaders, type LaterOrder, readKept, readOrder, readPlace } from "./order.ts";
export { isPlanned, type Plan } from "./plan.ts";
export { nextOf, type Schedule } from "./schedule.ts";
export { firingId, mostScheduleId, type ScheduleOptions } from "./schedule-options.ts";
export { momentOf, type WhenOptions } from "./when.ts";
