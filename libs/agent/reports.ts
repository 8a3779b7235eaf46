import type { MeshError } from "../errors/index.ts";
import type { Request } from "../pipeline/index.ts";
import type { Logger } from "./logger.ts";
import type { ConnectConfig } from "./options.ts";

/** The caller learns that it failed; why is for this agent's log alone. */
export function logFailure(logger: Logger, thrown: unknown, request: Request): void {
  report(logger, thrown, request, `the handler of ${request.operation.key} failed`);
}

/** The handler is done, and what it answered cannot be sent. */
export function reportUnsent(
  { logger, metrics }: Pick<ConnectConfig, "logger" | "metrics">,
  error: MeshError,
  request: Request,
): void {
  metrics.server(request.operation).unsent(error.code);
  report(logger, error, request, `the answer of ${request.operation.key} cannot be sent`);
}

/** A schema of its contract threw, or what its handler gave is not as declared. */
export function logBroken(logger: Logger, thrown: unknown, skill: string): void {
  say(logger, { err: thrown, skill }, `${skill} does not keep its contract`);
}

function report(logger: Logger, thrown: unknown, request: Request, what: string): void {
  const { operation, caller, id, trace } = request;
  say(logger, { err: thrown, skill: operation.key, caller, id, traceId: trace?.traceId }, what);
}

function say(logger: Logger, fields: Readonly<Record<string, unknown>>, what: string): void {
  try {
    logger.error(fields, what);
  } catch {
    // A log that is gone is no reason to tell the caller anything else.
  }
}
