import { MeshCode, type MeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";

const inFlight = 64;
/** Most that are sent ahead of those that are done: the sender is to live through everything, too. */
const mostAhead = 400;

/** How far the work may go, and how far it is, as parts of all. */
export interface Pace {
  upTo: number;
  readonly done: () => number;
}

/** Sends one after the other, some at once, no faster than they are done and than the pace allows. */
export async function send(
  ids: readonly string[],
  one: (id: string) => Promise<unknown>,
  pace: Pace,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < ids.length; at = next++) {
      const mayGo = (): boolean =>
        at < pace.upTo * ids.length && at < pace.done() * ids.length + mostAhead;
      await eventually("there is room for more", mayGo, { timeoutMs: 90_000, everyMs: 20 });
      await one(ids[at] ?? "");
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

const passing: readonly MeshCode[] = [
  MeshCode.UnknownOutcome,
  MeshCode.Unavailable,
  MeshCode.Overloaded,
];

/** Whether it may be sent again: while a cluster breaks, nothing else may be said of a good message. */
export function passes({ code }: MeshError): boolean {
  return passing.includes(code);
}
