import { deadFilter, deadSubject, parseDeadSubject, Store } from "@myelin/subjects";
import { z } from "zod";
import { readJson } from "../json.ts";
import { type StoreDoor, type StoredOptions, storedMessages } from "../stores/index.ts";

/** What became of a dead letter. */
export const outcomes = ["redriven", "dropped"] as const;

export type Outcome = (typeof outcomes)[number];

/** What is written down when a letter is brought back, or is done with. */
export interface Marker {
  readonly outcome: Outcome;
  /** The subject of the letter, and its place in the stream. */
  readonly letter: string;
  readonly sequence: number;
  /** Who did it. */
  readonly by: string;
  /** To whom it was brought; of a dropped one its own agent. */
  readonly to: string;
  /** As the store has it. */
  readonly at: Date;
  /** Where the marker itself lies. */
  readonly subject: string;
  readonly place: number;
}

const body = z.object({
  letter: z.string(),
  sequence: z.number().int().positive(),
  by: z.string(),
  to: z.string(),
});

/** The body of a marker. */
export function markerBody(marker: z.input<typeof body>): string {
  return JSON.stringify(marker);
}

/** Where it is marked that a letter was dropped, or brought to an agent: one marker for each. */
export function markerSubject(outcome: Outcome, letter: string, to?: string): string | undefined {
  const address = parseDeadSubject(letter);
  if (!address.ok) return undefined;
  const { agent, skill, task, generation } = address.value;
  return deadSubject({ kind: outcome, agent: to ?? agent, skill, task, generation });
}

/** How markers are read. */
export type MarkerOptions = Pick<StoredOptions, "api" | "signal">;

/** Every marker of a stream of dead letters. */
export async function* readMarkers(
  door: StoreDoor,
  options: MarkerOptions = {},
): AsyncGenerator<Marker, void, undefined> {
  for (const outcome of outcomes) yield* markersAt(door, outcome, deadFilter(outcome), options);
}

/** What became of one letter: where it was brought to, and whether it was dropped. */
export async function markersOf(
  door: StoreDoor,
  { subject: letter, sequence }: Pick<Marker, "subject" | "sequence">,
  options: MarkerOptions = {},
): Promise<readonly Marker[]> {
  const marked = outcomes.map(async (outcome) => {
    const found: Marker[] = [];
    const to = (agent: string) => (outcome === "dropped" ? undefined : agent);
    const subject = markerSubject(outcome, letter, to("*"));
    if (subject === undefined) return found;
    for await (const marker of markersAt(door, outcome, subject, options)) {
      // Of an earlier letter under the same subject it tells nothing. One that lies elsewhere than it says would mark
      // a letter that its writer may not mark.
      const isOf = marker.letter === letter && marker.sequence === sequence;
      const place = markerSubject(outcome, letter, to(marker.to));
      if (isOf && marker.subject === place) found.push(marker);
    }
    return found;
  });
  return (await Promise.all(marked)).flat();
}

async function* markersAt(
  door: StoreDoor,
  outcome: Outcome,
  subject: string,
  options: MarkerOptions,
): AsyncGenerator<Marker, void, undefined> {
  for await (const stored of storedMessages(door, Store.dead, { ...options, subject })) {
    const said = readJson(stored.payload, body);
    // Not written by the library: it marks nothing.
    if (said === undefined) continue;
    const place = { subject: stored.subject, place: stored.sequence };
    yield { ...said, ...place, outcome, at: stored.storedAt };
  }
}
