import type { Dead } from "../dead/dead.ts";
import { letterAbout } from "../dead/letter-about.ts";
import type { Original } from "../dead/moved.ts";
import type { StoreAccess } from "../stored/store.ts";

/** Whose event it was. */
export interface FollowName {
  readonly agent: string;
  readonly follow: string;
}

/**
 * What of an event died, and for whom.
 *
 * It is named by its place in the stream: two publishers may use one id, and one publisher may use it twice. The time
 * tells it from the event of that number in a stream that was made anew.
 */
export function deadEvent(
  { agent, follow }: FollowName,
  origin: Original,
  move?: Dead["moved"] & { readonly generation: number },
): Dead {
  const generation = move?.generation ?? 0;
  const id = deadEventToken(origin);
  const dead = { kind: "event", agent, skill: follow, id, origin, generation } as const;
  return move === undefined ? dead : { ...dead, moved: { why: move.why, mover: move.mover } };
}

/** Whether it has a dead letter. */
export async function isBuried(store: StoreAccess, dead: Dead): Promise<boolean> {
  const { id: task = "", origin, kind, agent, skill, generation } = dead;
  const address = { kind, agent, skill, task, generation };
  return (await letterAbout(store, address, origin.sequence)) !== undefined;
}

/** By what name the dead letter of a stored event is found. */
function deadEventToken({ sequence, storedAt }: Pick<Original, "sequence" | "storedAt">): string {
  return `${sequence}-${storedAt.getTime().toString(36)}`;
}
