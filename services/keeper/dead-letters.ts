import { DeadKeeper, type Keeping } from "@myelin/mesh/operate";
import type { Duty } from "./duty.ts";

/** Writes the dead letters of what nobody acknowledged however often it was delivered: its workers died of it. */
export function deadLetters(keeping: Keeping): Duty {
  const keeper = new DeadKeeper(keeping);
  return {
    name: "dead letters",
    start: () => keeper.start(),
    stop: () => keeper.stop(),
  };
}
