import type { Term } from "../contracts/term.ts";
import { count } from "../text/count.ts";

/** One document in the digest. */
export interface Piece {
  readonly path: string;
  readonly title: string;
  readonly summary: string;
  readonly terms: readonly Term[];
  /** Whether only the beginning of the document was read. */
  readonly cut: boolean;
  /** What the reviewer still missed; undefined when it was content. */
  readonly remark: string | undefined;
}

/** A file that is not in the digest, and why. */
export interface Absent {
  readonly path: string;
  readonly why: string;
}

/** All that a digest says, before it is written in any format. */
export interface Digest {
  readonly madeAt: Date;
  /** In the order of their paths. */
  readonly pieces: readonly Piece[];
  readonly lost: readonly Absent[];
  readonly skipped: readonly Absent[];
  /** Where a document lies, as a reference from the digest. */
  readonly reference: (path: string) => string;
}

/** A term, and the pieces that are about it, by their places in the digest. */
export interface Entry {
  readonly term: string;
  readonly places: readonly number[];
}

const fewestPlaces = 2;
const mostEntries = 60;

/** The terms that several documents have in common, in alphabetical order. */
export function indexOf(pieces: readonly Piece[]): readonly Entry[] {
  const places = new Map<string, number[]>();
  pieces.forEach((piece, place) => {
    for (const { term } of piece.terms) {
      const known = places.get(term);
      if (known === undefined) places.set(term, [place]);
      else known.push(place);
    }
  });
  return [...places]
    .filter(([, where]) => where.length >= fewestPlaces)
    .sort((one, other) => other[1].length - one[1].length)
    .slice(0, mostEntries)
    .map(([term, where]) => ({ term, places: where }))
    .sort((one, other) => (one.term < other.term ? -1 : 1));
}

/** The sentence under the digest's title. */
export function introduction({ madeAt, pieces, lost, skipped }: Digest): string {
  const parts = [`${count(pieces.length, "document")} summarised on ${madeAt.toUTCString()}`];
  if (lost.length > 0) parts.push(`${lost.length} lost`);
  if (skipped.length > 0) parts.push(`${count(skipped.length, "file")} skipped`);
  return `${parts.join(", ")}.`;
}
