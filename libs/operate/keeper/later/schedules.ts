import {
  dueSubject,
  ownStoreApi,
  parseScheduleSubject,
  type ScheduleAddress,
  Store,
  StoreHeader,
  scheduleSubject,
} from "@myelin/subjects";
import {
  type Headers,
  keptHeaders,
  type LaterOrder,
  type Put,
  readKept,
  readPlace,
  write,
} from "../../../durable/index.ts";
import { type StoredOptions, storedMessages } from "../../stores/index.ts";
import type { Keeping } from "../keeping.ts";
import { Room } from "./room.ts";

/** What there is under the subject of a schedule. */
export interface FoundSchedule {
  /** Its place in the stream of schedules. */
  readonly sequence: number;
  /** Which order wrote it: a later one is not undone by an older one. */
  readonly order: number;
  /** What it carries out; undefined where it was taken back. */
  readonly kept: LaterOrder | undefined;
}

/** Which place an order is to take in the stream of schedules. */
export interface Place {
  readonly address: ScheduleAddress;
  /** What the subject must have as its last sequence; 0 where it must be free. */
  readonly expected: number;
}

const tombstoneFor = "24h";

/** The stream of schedules, as keeper alone writes it. One subject is one schedule, written with compare-and-set. */
export class Schedules {
  readonly #keeping: Pick<Keeping, "vault" | "clock">;
  readonly #room: Room;

  constructor(keeping: Pick<Keeping, "vault" | "clock">) {
    this.#keeping = keeping;
    this.#room = new Room(keeping);
  }

  /** What there is under a schedule's subject, as the stream's leader has it. */
  async find(address: ScheduleAddress): Promise<FoundSchedule | undefined> {
    let found: FoundSchedule | undefined;
    const subject = scheduleSubject(address);
    // What is written meanwhile counts as well: whoever looks writes with compare-and-set.
    const all = { from: 1, upTo: Number.MAX_SAFE_INTEGER };
    for await (const { sequence, head, payload } of this.read(subject, all)) {
      const order = readPlace(head)?.sequence ?? 0;
      found = { sequence, order, kept: readKept(address, { head, payload }) };
    }
    return found;
  }

  /** Messages of the stream from a place on, in their order. */
  read(subject: string, place: Pick<StoredOptions, "from" | "upTo">) {
    return storedMessages(this.#keeping.vault, Store.schedules, { subject, ...place });
  }

  /** Has the server put the order among what is due, at a time or again and again; `overloaded` where there is no room. */
  async keep(order: LaterOrder, { address, expected }: Place, spec: Headers): Promise<Put> {
    const { sequence, storedAt, head, payload } = order.original;
    const own = `${sequence} ${storedAt.getTime()}`;
    using _room = await this.#room.take(payload.length + 2 * head.length);
    return await this.#write(payload, { address, expected }, [
      // An order that is done a second time, when its schedule has fired already, is not stored again.
      [StoreHeader.id, `later ${own}`],
      [StoreHeader.scheduleTarget, dueSubject(address)],
      ...spec,
      ...keptHeaders(order),
    ]);
  }

  /** Takes a schedule back; what was written before and comes late finds the place taken. */
  takeBack(order: LaterOrder, { address, expected }: Place): Promise<Put> {
    const { sequence, storedAt } = order.original;
    return this.#write("", { address, expected }, [
      [StoreHeader.id, `back ${sequence} ${storedAt.getTime()}`],
      [StoreHeader.rollup, "sub"],
      [StoreHeader.ttl, tombstoneFor],
      ...keptHeaders({ original: { ...order.original, head: "" } }),
    ]);
  }

  /** Takes what is due of a schedule and was not released yet. */
  async dropDue(address: ScheduleAddress): Promise<void> {
    const { store } = this.#keeping.vault;
    const filter = JSON.stringify({ filter: dueSubject(address) });
    await store.api(ownStoreApi.purgeStream(Store.schedules), { question: filter });
  }

  #write(payload: Uint8Array | string, { address, expected }: Place, headers: Headers) {
    const { vault, clock } = this.#keeping;
    return write(vault.store, clock, {
      ...{ subject: scheduleSubject(address), payload },
      headers: [...headers, [StoreHeader.expected, expected]],
    });
  }
}

/** Whose schedule a message of the stream is; undefined for anything else. */
export function addressOf(subject: string): ScheduleAddress | undefined {
  const address = parseScheduleSubject(subject);
  return address.ok ? address.value : undefined;
}
