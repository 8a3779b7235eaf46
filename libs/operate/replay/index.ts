export { type AnswerDifference, type CompareOptions, compareAnswers } from "./compare.ts";
export type { PaceOptions, StepChoice } from "./pace.ts";
export type { Recorded, RecordedAnswer, RecordedFrame } from "./recorded.ts";
export { openRecordings, type Recordings } from "./recordings.ts";
export type { Replayed, ReplayOptions } from "./replaying.ts";
export { type ReplaySource, replaySources, type Selection } from "./selection.ts";
export type { ReplayAgent, ReplayHandler } from "./targets.ts";
