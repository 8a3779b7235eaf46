export { type RecordFacts, readRecordFacts } from "./record.ts";
export { CallRecorder } from "./recorder.ts";
export { recordTasks } from "./tasks.ts";
