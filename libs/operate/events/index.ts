export { EventBoard, type EventSelection, openEvents, type ToldEvent } from "./board.ts";
export type { FollowState } from "./lag.ts";
