import { ownStoreApi } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { readFollowLags } from "../events/lag.ts";
import type { Keeping } from "../keeper/keeping.ts";
import { readBacklogs } from "./backlog.ts";
import { Present } from "./present.ts";

/** How often the backlog is counted. */
export interface BacklogGaugesOptions {
  /** In milliseconds. Default: 10000. */
  readonly everyMs?: number;
}

/** Keeps the gauges of what waits for each agent up to date: `mesh_tasks_pending`, `mesh_events_pending` and their like. */
export class BacklogGauges {
  readonly #keeping: Keeping;
  readonly #everyMs: number;
  #present: Present | undefined;
  #next = (): void => {};
  #counting: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(keeping: Keeping, { everyMs = 10_000 }: BacklogGaugesOptions = {}) {
    this.#keeping = keeping;
    this.#everyMs = everyMs;
  }

  /** Throws where there is no stream of tasks. */
  async start(): Promise<void> {
    this.#present ??= new Present(this.#keeping.workspace.link, this.#keeping.clock);
    await this.#count();
    this.#later();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#next();
    await this.#counting;
    await this.#present?.stop();
    this.#keeping.metrics.backlogs = [];
    this.#keeping.metrics.followLags = [];
  }

  #later(): void {
    const { clock, logger } = this.#keeping;
    if (this.#ending.signal.aborted) return;
    this.#next = clock.schedule(this.#everyMs, () => {
      this.#counting = this.#count()
        .catch((error: unknown) => {
          if (!this.#ending.signal.aborted) logger.warn({}, MeshError.from(error).message);
        })
        .then(() => this.#later());
    });
  }

  async #count(): Promise<void> {
    const { vault, metrics } = this.#keeping;
    const present = this.#present;
    metrics.backlogs = await readBacklogs(
      {
        ...{ door: vault, store: vault.store, api: ownStoreApi },
        present: async (agent) => present?.of(agent),
      },
      this.#ending.signal,
    );
    const lags = { door: vault, api: ownStoreApi };
    metrics.followLags = await readFollowLags(lags, this.#ending.signal);
  }
}
