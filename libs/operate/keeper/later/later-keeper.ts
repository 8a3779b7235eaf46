import {
  type ConsumerName,
  dueConsumer,
  laterConsumer,
  ownStoreApi,
  Store,
} from "@myelin/subjects";
import { z } from "zod";
import { checkServer, OrderJudge, Taking, type TakingParts } from "../../../durable/index.ts";
import { MeshCode, MeshError } from "../../../errors/index.ts";
import type { Keeping } from "../keeping.ts";
import { Orders } from "./orders.ts";
import { Releases } from "./releases.ts";
import { Schedules } from "./schedules.ts";

const ordersAtOnce = 64;
const releasesAtOnce = 128;

const stream = z.object({ config: z.object({ allow_msg_schedules: z.boolean().default(false) }) });

/**
 * Looks after work for later: takes orders, lets the server keep the time, and releases what is due as tasks.
 *
 * Several may do so side by side: each message is one's at a time, and what a keeper that died has done is found done
 * by the next one.
 */
export class LaterKeeper {
  readonly #keeping: Keeping;
  #takings: readonly Taking[] = [];

  constructor(keeping: Keeping) {
    this.#keeping = keeping;
  }

  /** Throws where the server is too old for schedules, or streams or consumers are not there. */
  async start(): Promise<void> {
    const { vault, workspace } = this.#keeping;
    checkServer(vault.link.serverVersion, "work for later");
    const info = await vault.store.api(ownStoreApi.streamInfo(Store.schedules));
    const { config } = stream.parse(info);
    if (!config.allow_msg_schedules) {
      const detail = `${Store.schedules} allows no schedules; run \`myelin apply\` on nats-server 2.14 or newer`;
      throw new MeshError(MeshCode.Unavailable, detail);
    }
    const { trust, account } = workspace;
    const judge = trust === undefined ? undefined : new OrderJudge(trust, account);
    const schedules = new Schedules(this.#keeping);
    const parts = { keeping: this.#keeping, schedules };
    const orders = new Orders({ ...parts, verify: judge && ((order) => judge.verify(order)) });
    const releases = new Releases({
      ...parts,
      mayStill: judge && ((order, now) => judge.mayStill(order, now)),
    });
    const takings = await Promise.all([
      this.#taking(laterConsumer, ordersAtOnce, (taken) => orders.work(taken)),
      this.#taking(dueConsumer, releasesAtOnce, (taken) => releases.work(taken)),
    ]);
    this.#takings = takings;
    for (const taking of takings) await taking.start();
  }

  /** Takes nothing new, and waits for what it does. */
  async stop(): Promise<void> {
    await Promise.all(this.#takings.map((taking) => taking.stop()));
  }

  async #taking(of: ConsumerName, atOnce: number, work: TakingParts["work"]): Promise<Taking> {
    const { vault, clock, logger } = this.#keeping;
    await vault.store.api(ownStoreApi.consumerInfo(of.stream, of.consumer));
    return new Taking({
      ...{ link: vault.link, name: vault.name, api: ownStoreApi, clock, consumer: of },
      ...{ atOnce, work, warn: (detail) => logger.warn({}, detail) },
    });
  }
}
