import { type Keeping, LaterKeeper } from "@myelin/mesh/operate";
import type { Duty } from "./duty.ts";

/** Keeps what is for later, and releases it as tasks when its time has come. */
export function later(keeping: Keeping): Duty {
  const keeper = new LaterKeeper(keeping);
  return {
    name: "work for later",
    start: () => keeper.start(),
    stop: () => keeper.stop(),
  };
}
