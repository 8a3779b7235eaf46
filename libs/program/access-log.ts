import { codeTable } from "../errors/index.ts";
import type { AccessHook } from "../telemetry/index.ts";

type Line = (fields: Readonly<Record<string, unknown>>, message?: string) => void;

/** What is needed of a logger; pino is one. */
export interface ProgramLogger {
  readonly info: Line;
  readonly warn: Line;
}

/**
 * An access-log hook that writes a line per request: at `info`, and at `warn` where the fault is on our side.
 */
export function accessLog(logger: ProgramLogger): AccessHook {
  return (record) => {
    const line = { ...record, tookMs: Math.round(record.tookMs * 1_000) / 1_000 };
    const message = `${record.agent}.${record.skill} for ${record.caller}: ${record.code}`;
    if (record.code !== "ok" && codeTable[record.code].status >= 500) logger.warn(line, message);
    else logger.info(line, message);
  };
}
