/** Most different names that one tally keeps apart. */
const mostNames = 64;

/** Counts by name. Names beyond the bound share one, `other`: a label set must not grow with what comes in. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    const count = this.#counts.get(name);
    if (count !== undefined) this.#counts.set(name, count + 1);
    else if (this.#counts.size < mostNames) this.#counts.set(name, 1);
    else this.#counts.set("other", (this.#counts.get("other") ?? 0) + 1);
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }
}
