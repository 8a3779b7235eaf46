import { backlog } from "./backlog.ts";
import { deadLetters } from "./dead-letters.ts";
import type { MakeDuty } from "./duty.ts";
import { later } from "./later.ts";
import { tidying } from "./tidying.ts";

/** What keeper does, one line each. */
export const duties: readonly MakeDuty[] = [
  // Whose workers died each time, and could write no dead letter themselves.
  deadLetters,
  // Dead letters that were brought back or dropped.
  tidying,
  // What waits for each agent, as gauges.
  backlog,
  // Work that is not for now.
  later,
];
