export { type Contract, checkContract, checkVersion, defineAgent, token } from "./agent.ts";
export { check, wireSchema } from "./check.ts";
export { declares, isDomainError, readDomainError } from "./domain.ts";
export { type EventKind, event } from "./event.ts";
export {
  type ErrorSchemas,
  maxDeadlineMs,
  milliseconds,
  type Skill,
  skill,
} from "./skill.ts";
