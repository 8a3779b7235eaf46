export { type AgentDefinition, type Contract, checkContract, defineAgent, token } from "./agent.ts";
export { check, wireSchema } from "./check.ts";
export { declares, isDomainError, readDomainError } from "./domain.ts";
export { type EventKind, type EventKinds, type EventOptions, event } from "./event.ts";
export {
  type AnswerOptions,
  type ErrorSchemas,
  type MessageNames,
  maxDeadlineMs,
  milliseconds,
  type Skill,
  type StreamOptions,
  skill,
} from "./skill.ts";
