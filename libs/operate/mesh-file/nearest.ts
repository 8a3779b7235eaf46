import { distance } from "fastest-levenshtein";

/** What somebody may have meant: `; did you mean calls?`, or nothing. */
export function meant(name: string, known: Iterable<string>): string {
  // A typing error changes a third of a word at most.
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  let found: string | undefined;
  for (const one of known) {
    const changes = distance(name, one);
    if (changes < least) [least, found] = [changes, one];
  }
  return found === undefined ? "" : `; did you mean ${found}?`;
}
