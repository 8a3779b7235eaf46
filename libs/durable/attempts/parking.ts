/** A message that waits here until what it waits for is free. */
export interface Parkable {
  /** The key of its task, or `aloneKey`. */
  readonly waitsFor: string | undefined;
  /** Who has died less comes first: each death costs those that wait a delivery. */
  readonly deaths: number;
}

/** Most that one worker, or follower, sets aside; with so many it takes nothing new. */
export const mostParked = 64;

/** Messages that are parked, by what they wait for, the first to come first. */
export class Parking<Held extends Parkable> {
  readonly #byKey = new Map<string, Held[]>();
  #size = 0;

  get isFull(): boolean {
    return this.#size >= mostParked;
  }

  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  add(held: Held): void {
    const key = held.waitsFor ?? "";
    const queue = this.#byKey.get(key);
    if (queue === undefined) this.#byKey.set(key, [held]);
    else queue.push(held);
    this.#size++;
  }

  /** The next one that waits for this; it waits no more. */
  take(key: string): Held | undefined {
    const [first, ...others] = this.#byKey.get(key) ?? [];
    if (first === undefined) return undefined;
    const next = others.reduce((best, one) => (one.deaths < best.deaths ? one : best), first);
    this.remove(next);
    return next;
  }

  remove(held: Held): void {
    const key = held.waitsFor ?? "";
    const queue = this.#byKey.get(key) ?? [];
    const at = queue.indexOf(held);
    if (at < 0) return;
    queue.splice(at, 1);
    this.#size--;
    if (queue.length === 0) this.#byKey.delete(key);
  }

  *all(): IterableIterator<Held> {
    for (const queue of this.#byKey.values()) yield* queue;
  }
}
