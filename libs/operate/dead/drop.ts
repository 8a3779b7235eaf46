import type { Standing } from "../standing.ts";
import { type DeadLetter, stateOf } from "./letter.ts";
import { mark } from "./marking.ts";

/** What became of one letter that was to be dropped. */
export interface Dropped {
  readonly letter: DeadLetter;
  readonly is: "dropped" | "would be dropped" | "refused";
  /** Why it was refused. */
  readonly why?: string;
}

/** Marks a letter as done with. */
export async function dropLetter(standing: Standing, letter: DeadLetter): Promise<Dropped> {
  const state = stateOf(letter);
  if (state !== "open") return { letter, is: "refused", why: `it is ${state} already` };
  const put = await mark(standing, letter, { outcome: "dropped", to: letter.agent });
  if (put.is === "stored") return { letter, is: "dropped" };
  return { letter, is: "refused", why: "somebody else has dropped it just now" };
}
