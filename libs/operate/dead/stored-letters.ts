import { deadFilter, isToken, Store, storeApi } from "@myelin/subjects";
import { type StoreDoor, type Stored, storedMessages } from "../stores/index.ts";
import type { DeadFilter } from "./filter.ts";

/**
 * The letters whose subjects a filter can mean and that are there now, the oldest first: what dies again while it is
 * brought back would be brought back for ever.
 */
export async function* storedLetters(
  door: StoreDoor,
  filter: DeadFilter,
  signal: AbortSignal | undefined,
): AsyncGenerator<Stored, void, undefined> {
  const subjects = (["task", "event"] as const).flatMap((kind) => {
    const { agent = "*", skill = "*" } = filter;
    // An event's letter is named by a place: its id is in its headers alone.
    const task = kind === "event" ? "*" : (filter.task ?? "*");
    const isMeant = filter.kind === undefined || filter.kind === kind;
    return isMeant && (task === "*" || isToken(task))
      ? [deadFilter(kind, { agent, skill, task })]
      : [];
  });
  const options = { api: storeApi, signal };
  yield* inOrder(
    subjects.map((subject) => storedMessages(door, Store.dead, { ...options, subject })),
  );
}

/** Messages of one stream, read several times, in the order in which they lie there. */
async function* inOrder(
  readings: readonly AsyncGenerator<Stored, void>[],
): AsyncGenerator<Stored, void, undefined> {
  // The first of each before any is told: by then each knows where it ends.
  const fronts = await Promise.all(readings.map(frontOf));
  for (;;) {
    const [first] = fronts
      .filter(isThere)
      .toSorted((a, b) => a.stored.sequence - b.stored.sequence);
    if (first === undefined) return;
    yield first.stored;
    fronts[fronts.indexOf(first)] = await frontOf(first.reading);
  }
}

/** What comes next of a reading. */
interface Front {
  readonly reading: AsyncGenerator<Stored, void>;
  readonly stored: Stored | undefined;
}

async function frontOf(reading: AsyncGenerator<Stored, void>): Promise<Front> {
  const { value } = await reading.next();
  return { reading, stored: value ?? undefined };
}

function isThere(front: Front): front is Front & { readonly stored: Stored } {
  return front.stored !== undefined;
}
