export { readCloud, readEventId } from "./cloud.ts";
export { givenUp } from "./event-ends.ts";
export {
  type FollowOptions,
  type HearOptions,
  isEventId,
  type PublishOptions,
  resolveFollow,
  resolveHear,
} from "./event-options.ts";
export { type EventWork, eventData, eventOperation } from "./event-work.ts";
export { Follower } from "./follower.ts";
export { Hearer } from "./hearer.ts";
export { type EventReceipt, kindOf, Publisher } from "./publisher.ts";
export { EventCheck } from "./verifying-events.ts";
