export type { Dropped } from "./drop.ts";
export { checkFilter as checkDeadFilter, type DeadFilter } from "./filter.ts";
export { type DeadKind, type DeadLetter, stateOf } from "./letter.ts";
export type { Marker, Outcome } from "./marker.ts";
export { DeadLetters, nothingMeant, openDeadLetters } from "./office.ts";
export type { Redriven, RedriveOptions } from "./redrive.ts";
