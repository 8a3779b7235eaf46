import { type Keeping, LetterTidying } from "@myelin/mesh/operate";
import type { Duty } from "./duty.ts";

/** Removes dead letters that were brought back or dropped, a day after. */
export function tidying(keeping: Keeping): Duty {
  const work = new LetterTidying(keeping);
  return {
    name: "done letters",
    start: () => work.start(),
    stop: () => work.stop(),
  };
}
