import { ownStoreApi } from "@myelin/subjects";
import { readFollowLags } from "../events/lag.ts";
import { readBacklogs } from "../tasks/backlog.ts";
import type { Keeping } from "./keeping.ts";
import { Present } from "./present.ts";
import { Rounds } from "./rounds.ts";

const tenSeconds = 10_000;

/** Keeps the gauges of what waits for each agent up to date: `mesh_tasks_pending`, `mesh_events_pending` and their like. */
export class BacklogGauges {
  readonly #keeping: Keeping;
  readonly #rounds: Rounds;
  #present: Present | undefined;

  /** Counts every so many milliseconds. */
  constructor(keeping: Keeping, everyMs = tenSeconds) {
    this.#keeping = keeping;
    this.#rounds = new Rounds(keeping, everyMs, (signal) => this.#count(signal));
  }

  /** Throws where there is no stream of tasks. */
  async start(): Promise<void> {
    this.#present ??= new Present(this.#keeping.workspace.link, this.#keeping.clock);
    await this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#present?.stop();
    this.#keeping.metrics.backlogs = [];
    this.#keeping.metrics.followLags = [];
  }

  async #count(signal: AbortSignal): Promise<void> {
    const { vault, metrics } = this.#keeping;
    const present = this.#present;
    metrics.backlogs = await readBacklogs(
      {
        ...{ door: vault, store: vault.store, api: ownStoreApi },
        present: async (agent) => present?.of(agent),
      },
      signal,
    );
    const lags = { door: vault, api: ownStoreApi };
    metrics.followLags = await readFollowLags(lags, signal);
  }
}
