/** By what an event is remembered. */
export interface EventName {
  readonly subject: string;
  readonly id: string;
}

/** Which events were handled here: the last so many, by subject and id. */
export class Seen {
  readonly #most: number;
  /** Two generations: the older one is dropped as a whole, which costs nothing for each event. */
  #young = new EventIds();
  #old = new EventIds();

  constructor(most: number) {
    this.#most = most;
  }

  has(name: EventName): boolean {
    return this.#young.has(name) || this.#old.has(name);
  }

  /** Keeps the last `most` at least, twice as many at most. */
  add(name: EventName): void {
    this.#young.add(name);
    if (this.#young.size < this.#most) return;
    this.#old = this.#young;
    this.#young = new EventIds();
  }
}

/** Ids of each subject apart: to join the two would cost each event a text of its own. */
export class EventIds {
  readonly #ids = new Map<string, Set<string>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has({ subject, id }: EventName): boolean {
    return this.#ids.get(subject)?.has(id) === true;
  }

  add({ subject, id }: EventName): void {
    const ids = this.#ids.get(subject);
    this.#size++;
    if (ids === undefined) this.#ids.set(subject, new Set([id]));
    else ids.add(id);
  }

  delete({ subject, id }: EventName): void {
    const ids = this.#ids.get(subject);
    if (ids?.delete(id) !== true) return;
    this.#size--;
    if (ids.size === 0) this.#ids.delete(subject);
  }
}
