import { agents } from "../commands/agents.ts";
import { card } from "../commands/card.ts";
import { doctor } from "../commands/doctor.ts";
import { tap } from "../commands/tap.ts";
import type { Add } from "./entry.ts";

/** The commands that look. */
export function addLooking(add: Add): void {
  add("agents", "list who is there, in which state, how loaded", (context, _args, options) =>
    agents(context, options),
  ).option("-i, --instances", "a row for each instance");
  add("card", "show an agent's contract: what its skills take and give", (context, [agent = ""]) =>
    card(context, agent),
  ).argument("<agent>", "its name");
  add("tap", "watch calls as they end, until Ctrl-C", (context, _args, options) =>
    tap(context, options),
  )
    .option("--agent <name>", "calls to this agent only")
    .option("--skill <name>", "calls of this skill only")
    .option("--caller <name>", "calls by this caller only")
    .option("--count <number>", "end after so many calls");
  add("doctor", "check versions, server, clocks and what else a mesh needs", (context) =>
    doctor(context),
  );
}
