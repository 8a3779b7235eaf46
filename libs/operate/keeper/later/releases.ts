import { parseDueSubject } from "@myelin/subjects";
import {
  type Delivered,
  firingId,
  isPlanned,
  type LaterOrder,
  type Move,
  moved,
  readKept,
  write,
} from "../../../durable/index.ts";
import { MeshCode, MeshError } from "../../../errors/index.ts";
import type { Keeping } from "../keeping.ts";
import { mayPass, refuse } from "./refusing.ts";
import type { Schedules } from "./schedules.ts";

export interface ReleasesParts {
  readonly keeping: Keeping;
  readonly schedules: Schedules;
  /** Throws `permission_denied` where its submitter may not any more; absent where there is no operator to trust. */
  readonly mayStill: ((order: LaterOrder, now: Date) => Promise<void>) | undefined;
}

/** Releases what is due: publishes the original under keeper's own name, as a task whose time has come. */
export class Releases {
  readonly #parts: ReleasesParts;

  constructor(parts: ReleasesParts) {
    this.#parts = parts;
  }

  /** Resolves when the task is stored, or will never be; throws when it has to be done again. */
  async work({ message, storedAt: firedAt }: Delivered): Promise<void> {
    const { keeping } = this.#parts;
    const address = parseDueSubject(message.subject);
    const order = address.ok ? readKept(address.value, message) : undefined;
    if (order === undefined || !isPlanned(order.plan)) {
      keeping.logger.warn({ subject: message.subject }, "what is due there is no work for later");
      return;
    }
    const task = order.plan.does === "again" ? firingId(order.id, firedAt) : order.id;
    if (isOver(order, firedAt)) return this.#end(order);
    try {
      await this.#parts.mayStill?.(order, firedAt);
      await this.#release(task, order.original, order.plan);
    } catch (error) {
      if (mayPass(error)) throw error;
      const { address, original } = order;
      const refused = { address, original, name: task, isTask: true };
      await refuse(keeping, refused, MeshError.from(error));
      if (order.plan.does === "again") await this.#end(order);
    }
  }

  async #release(
    id: string,
    original: LaterOrder["original"],
    { priority }: Required<Pick<Move, "priority">>,
  ): Promise<void> {
    const { workspace, clock } = this.#parts.keeping;
    const how = { why: "later", mover: workspace.name, id, generation: 0, priority } as const;
    const letter = moved(original, how, workspace.signer());
    const put = await write(workspace.store, clock, letter);
    if (put.is === "stored") return;
    throw new MeshError(MeshCode.Internal, `${letter.subject}: refused as outdated`);
  }

  /** Stops a schedule, unless somebody has changed it since. */
  async #end(order: LaterOrder): Promise<void> {
    const { schedules } = this.#parts;
    const address = { ...order.address, id: order.id };
    const found = await schedules.find(address);
    if (found?.order !== order.original.sequence) return;
    await schedules.takeBack(order, { address, expected: found.sequence });
  }
}

function isOver({ plan }: LaterOrder, firedAt: Date): boolean {
  return plan.does === "again" && plan.until !== undefined && firedAt > new Date(plan.until);
}
