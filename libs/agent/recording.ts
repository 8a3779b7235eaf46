import { CallRecorder, type StoreAccess } from "../durable/index.ts";
import type { Link } from "../nats/index.ts";
import type { ConnectConfig } from "./options.ts";

export interface RecordingParts {
  readonly config: ConnectConfig;
  readonly link: Link;
  readonly store: StoreAccess;
}

/** Copies the calls of the agent that is served, as the rule of its workspace says. */
export function recorderOf(agent: string, { config, link, store }: RecordingParts): CallRecorder {
  const { clock, random, metrics, logger } = config;
  return new CallRecorder({
    ...{ agent, link, store, clock, random },
    onFate: (fate) => metrics.records.add(fate),
    warn: (detail) => logger.warn({}, detail),
  });
}
