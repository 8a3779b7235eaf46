/** One of the things that are compared. */
export interface Side<Result> {
  readonly name: string;
  readonly run: () => Promise<Result>;
}

/**
 * Runs all sides in every round, the order turning by one each time, and answers with each side's results in the
 * order of the rounds. A slow minute of the machine so falls on all sides alike. One round before them is not counted.
 */
export async function rounds<Result>(
  count: number,
  sides: readonly Side<Result>[],
  say: (line: string) => void,
): Promise<(name: string) => readonly Result[]> {
  const results = new Map<string, Result[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round <= count; round++) {
    say(round === 0 ? "warming up" : `round ${round} of ${count}`);
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(round + turn) % sides.length];
      if (side === undefined) continue;
      const result = await side.run();
      if (round > 0) results.get(side.name)?.push(result);
    }
  }
  return (name) => results.get(name) ?? [];
}
