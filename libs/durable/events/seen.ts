/** Which events were handled here: the last so many, by subject and id. */
export class Seen {
  readonly #most: number;
  /** Two generations: the older one is dropped as a whole, which costs nothing for each event. */
  #young = new EventIds();
  #old = new EventIds();

  constructor(most: number) {
    this.#most = most;
  }

  has(subject: string, id: string): boolean {
    return this.#young.has(subject, id) || this.#old.has(subject, id);
  }

  /** Keeps the last `most` at least, twice as many at most. */
  add(subject: string, id: string): void {
    this.#young.add(subject, id);
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

  has(subject: string, id: string): boolean {
    return this.#ids.get(subject)?.has(id) === true;
  }

  add(subject: string, id: string): void {
    const ids = this.#ids.get(subject);
    this.#size++;
    if (ids === undefined) this.#ids.set(subject, new Set([id]));
    else ids.add(id);
  }

  delete(subject: string, id: string): void {
    const ids = this.#ids.get(subject);
    if (ids?.delete(id) !== true) return;
    this.#size--;
    if (ids.size === 0) this.#ids.delete(subject);
  }
}
