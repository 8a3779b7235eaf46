import { BacklogGauges, type Keeping } from "@myelin/mesh/operate";
import type { Duty } from "./duty.ts";

/** Counts what waits for each agent: gauges for dashboards and autoscalers. */
export function backlog(keeping: Keeping): Duty {
  const gauges = new BacklogGauges(keeping);
  return {
    name: "backlog",
    start: () => gauges.start(),
    stop: () => gauges.stop(),
  };
}
