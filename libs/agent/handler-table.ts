import type { Contract } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Request } from "../pipeline/index.ts";
import type { RequestContext } from "./context.ts";
import type { Logger } from "./logger.ts";
import type { ConnectConfig } from "./options.ts";

/** Handlers as data from outside the types: by skill. */
export type HandlerTable = Readonly<
  Record<string, (input: unknown, ctx: RequestContext) => unknown>
>;

/** Throws `invalid_argument` unless there is one handler for each skill, and none besides. */
export function checkHandlers(contract: Contract, handlers: HandlerTable): void {
  const missing = Object.keys(contract.skills).filter((skill) => {
    const isInherited = skill in Object.prototype && !Object.hasOwn(handlers, skill);
    return isInherited || typeof handlers[skill] !== "function";
  });
  const unknown = Object.keys(handlers).filter((skill) => !Object.hasOwn(contract.skills, skill));
  if (missing.length === 0 && unknown.length === 0) return;
  const lacks = missing.length === 0 ? "" : `; no handler for ${missing.join(", ")}`;
  const extra = unknown.length === 0 ? "" : `; no such skill: ${unknown.join(", ")}`;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `serve ${contract.name}: one handler per skill${lacks}${extra}`,
  );
}

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

/** A schema of its contract threw: whoever called is told that it cannot be checked. */
export function logBroken(logger: Logger, thrown: unknown, skill: string): void {
  say(logger, { err: thrown, skill }, `a schema of ${skill} cannot check`);
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
