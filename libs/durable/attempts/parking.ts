/** A message that waits here until what it waits for is free. */
export interface Parkable {
  /** The key of its task, or `aloneKey`. */
  readonly waitsFor: string | undefined;
  /** Who has died less comes first: each death costs those that wait a delivery. */
  readonly deaths: number;
  /** Whether it comes before those that are not, of those that have died as often. */
  readonly isUrgent?: boolean;
}

/** Most that one follower sets aside, with so many it takes nothing new; a worker has place for so many of any size. */
export const mostParked = 64;

/** Messages that are parked, by what they wait for, the first to come first of those that have died as often. */
export class Parking<Held extends Parkable> {
  readonly #byKey = new Map<string, Held[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= mostParked;
  }

  /** What they wait for; whose turn came last is last. */
  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  /** Takes its place in the queue: there may be thousands, and whose turn it is must not have to be looked for. */
  add(held: Held): void {
    const key = held.waitsFor ?? "";
    const queue = this.#byKey.get(key);
    if (queue === undefined) this.#byKey.set(key, [held]);
    else queue.splice(queue.findLastIndex((one) => !isBefore(held, one)) + 1, 0, held);
    this.#size++;
  }

  /** The next one that waits for this; it waits no more. */
  take(key: string): Held | undefined {
    const queue = this.#byKey.get(key);
    const next = queue?.shift();
    if (queue === undefined || next === undefined) return undefined;
    this.#size--;
    this.#byKey.delete(key);
    if (queue.length > 0) this.#byKey.set(key, queue);
    return next;
  }

  /** Whether it was there. */
  remove(held: Held): boolean {
    const key = held.waitsFor ?? "";
    const queue = this.#byKey.get(key) ?? [];
    const at = queue.indexOf(held);
    if (at < 0) return false;
    queue.splice(at, 1);
    this.#size--;
    if (queue.length === 0) this.#byKey.delete(key);
    return true;
  }

  *all(): IterableIterator<Held> {
    for (const queue of this.#byKey.values()) yield* queue;
  }
}

function isBefore(one: Parkable, other: Parkable): boolean {
  if (one.deaths !== other.deaths) return one.deaths < other.deaths;
  return one.isUrgent === true && other.isUrgent !== true;
}
