import { type ProgramServer, programServer } from "@myelin/mesh/program";
import pino from "pino";
import type { KeeperSettings } from "./config.ts";
import { type Keeper, startKeeper } from "./keeper.ts";

/** A keeper that runs, and its probes. */
export interface RunningKeeper {
  readonly keeper: Keeper;
  /** Undefined where no port was asked for. */
  readonly probes: ProgramServer | undefined;
  /** Stops both; a second time waits for the first. */
  stop(): Promise<void>;
}

/** How long a broker that is not there yet is waited for, in milliseconds. */
const waitForBrokerMs = 30_000;

/** Runs keeper with its probes and metrics; log lines go to standard error. */
export async function runKeeper({ keeping, probes }: KeeperSettings): Promise<RunningKeeper> {
  const logger = pino({ name: keeping.name ?? "keeper" }, pino.destination({ fd: 2, sync: true }));
  const keeper = await startKeeper({ waitForBrokerMs, ...keeping, logger });
  try {
    const server = probes && (await programServer({ ...probes, mesh: keeper }));
    return {
      keeper,
      probes: server,
      async stop() {
        await server?.close();
        await keeper.close();
      },
    };
  } catch (error) {
    await keeper.close();
    throw error;
  }
}
