/** What somebody may have meant: `; did you mean calls?`, or nothing. */
export function meant(name: string, known: Iterable<string>): string {
  // A typing error changes a third of a word at most.
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  let found: string | undefined;
  for (const one of known) {
    const changes = distance(name, one, least);
    if (changes < least) [least, found] = [changes, one];
  }
  return found === undefined ? "" : `; did you mean ${found}?`;
}

/** Letters to change, add or leave out; `enough` where it is that many or more. */
function distance(from: string, to: string, enough: number): number {
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const swap = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) >= enough) return enough;
    row = next;
  }
  return row[to.length] ?? enough;
}
