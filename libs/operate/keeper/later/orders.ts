import { isToken, type ScheduleAddress, StoreHeader } from "@myelin/subjects";
import {
  checkCron,
  type Delivered,
  type Headers,
  type LaterOrder,
  momentOf,
  mostScheduleId,
  type Original,
  type Plan,
  readOrder,
} from "../../../durable/index.ts";
import { MeshCode, MeshError } from "../../../errors/index.ts";
import type { Keeping } from "../keeping.ts";
import { answerList } from "./answering.ts";
import { endWith, mayPass, refuse, refusedOrder } from "./refusing.ts";
import type { FoundSchedule, Schedules } from "./schedules.ts";

export interface OrdersParts {
  readonly keeping: Keeping;
  readonly schedules: Schedules;
  /** Throws `permission_denied`; absent where there is no operator to trust. */
  readonly verify: ((order: LaterOrder) => Promise<void>) | undefined;
}

/** A place that an order writes. */
interface Writing {
  readonly order: LaterOrder;
  readonly address: ScheduleAddress;
  /** What is there, where it was looked at already. */
  readonly first?: FoundSchedule | undefined;
}

/** How often a place is looked at again that somebody else has written meanwhile. */
const mostTurns = 8;

/**
 * Does what orders for later ask: keeps them as schedules, takes them back, tells what there is.
 *
 * Orders for one schedule may be done twice, by two keepers, and out of order: each writes its place with
 * compare-and-set, and gives way to what a later order has written there.
 */
export class Orders {
  readonly #parts: OrdersParts;
  /** The last order under way for each schedule. */
  readonly #lines = new Map<string, Promise<void>>();

  constructor(parts: OrdersParts) {
    this.#parts = parts;
  }

  /** Resolves when the order is done, or refused for good; throws when it has to come again. */
  async work({ message, sequence, storedAt }: Delivered): Promise<void> {
    const { subject, head, payload } = message;
    const original = { subject, head, payload, sequence, storedAt };
    let order: LaterOrder | undefined;
    try {
      order = readOrder(original);
      await this.#inLine(order);
    } catch (error) {
      if (mayPass(error)) throw error;
      await this.#refuse(original, order, MeshError.from(error));
    }
  }

  /** Orders for one schedule one after the other, as they came: a later one need not wait for the others. */
  async #inLine(order: LaterOrder): Promise<void> {
    const { agent, skill, submitter } = order.address;
    const { plan } = order;
    const id =
      plan.does === "cancel"
        ? `${plan.submitter ?? submitter} ${plan.id}`
        : `${submitter} ${order.id}`;
    const key = `${agent} ${skill} ${id}`;
    const done = (this.#lines.get(key) ?? Promise.resolve()).then(async () => {
      await this.#parts.verify?.(order);
      await this.#do(order);
    });
    const ended = done.catch(() => {});
    this.#lines.set(key, ended);
    try {
      await done;
    } finally {
      if (this.#lines.get(key) === ended) this.#lines.delete(key);
    }
  }

  #do(order: LaterOrder): Promise<void> {
    const { plan } = order;
    if (plan.does === "cancel") return this.#takeBack(order, plan);
    const { keeping, schedules } = this.#parts;
    if (plan.does === "list") return answerList(keeping, schedules, { order, from: plan.from });
    return this.#keep(order, specOf(order, plan));
  }

  async #keep(order: LaterOrder, spec: Headers): Promise<void> {
    const { schedules } = this.#parts;
    const address = { ...order.address, id: order.id };
    await this.#turns({ order, address }, async (found) => {
      // The same task again is the same task; a schedule is changed by the next order for it.
      if (found !== undefined && order.plan.does === "once") return true;
      const place = { address, expected: found?.sequence ?? 0 };
      return (await schedules.keep(order, place, spec)).is === "stored";
    });
  }

  async #takeBack(order: LaterOrder, { id, submitter }: Canceling): Promise<void> {
    const { schedules, keeping } = this.#parts;
    const address = { ...order.address, id, submitter: submitter ?? order.address.submitter };
    let taken: LaterOrder | undefined;
    const first = await schedules.find(address);
    await this.#turns({ order, address, first }, async (found) => {
      taken = found?.kept;
      const place = { address, expected: found?.sequence ?? 0 };
      return (await schedules.takeBack(order, place)).is === "stored";
    });
    await schedules.dropDue(address);
    if (taken?.plan.does !== "once") return;
    const detail = `${order.address.submitter} cancelled task ${id} before it was due`;
    await endWith(keeping, address, new MeshError(MeshCode.Cancelled, detail));
  }

  /** Writes a place until it is written, or a later order has it. The first time it is taken for free. */
  async #turns(
    { order, address, first }: Writing,
    write: (found: FoundSchedule | undefined) => Promise<boolean>,
  ): Promise<void> {
    let found = first;
    for (let turn = 0; turn < mostTurns; turn++) {
      refuseOtherKind(order, found);
      if (found !== undefined && found.order >= order.original.sequence) return;
      if (await write(found)) return;
      found = await this.#parts.schedules.find(address);
    }
    const detail = `${order.id}: others write its schedule all the time`;
    throw new MeshError(MeshCode.Unavailable, detail);
  }

  async #refuse(
    original: Original,
    order: LaterOrder | undefined,
    error: MeshError,
  ): Promise<void> {
    const { keeping } = this.#parts;
    keeping.logger.warn({ code: error.code, subject: original.subject }, error.message);
    const none = { original, address: undefined, name: undefined, isTask: false };
    await refuse(keeping, order === undefined ? none : refusedOrder(order), error);
  }
}

type Canceling = Extract<Plan, { does: "cancel" }>;

/** One id names one thing; who comes second is told, in whichever order they were sent. */
function refuseOtherKind({ plan, id }: LaterOrder, found: FoundSchedule | undefined): void {
  const there = found?.kept?.plan.does;
  if (plan.does === "cancel" || there === undefined || there === plan.does) return;
  const what = there === "again" ? "a schedule" : "a task for later";
  const detail = `${id} is ${what} already; cancel that one first, or take another id`;
  throw new MeshError(MeshCode.InvalidArgument, detail);
}

/** When the server is to put it among what is due; throws what it would not take. */
function specOf(
  { id, original }: LaterOrder,
  plan: Extract<Plan, { does: "once" | "again" }>,
): Headers {
  if (plan.does === "once") {
    if (!isToken(id)) throw new MeshError(MeshCode.InvalidArgument, `${id} is no task's id`);
    return [[StoreHeader.schedule, `@at ${momentOf(plan, original.storedAt).toISOString()}`]];
  }
  if (!isToken(id) || id.length > mostScheduleId) {
    const detail = `a schedule's id has at most ${mostScheduleId} characters, got ${id.slice(0, 80)}`;
    throw new MeshError(MeshCode.InvalidArgument, detail);
  }
  const { cron, timezone } = checkCron(plan.cron, plan.timezone);
  return [
    [StoreHeader.schedule, cron],
    [StoreHeader.scheduleZone, timezone],
  ];
}
