import { ContentType, dayMs } from "@myelin/subjects";
import { type Contract, maxDeadlineMs } from "../contract/index.ts";
import { MeshCode, MeshError, unknownSkill } from "../errors/index.ts";
import {
  CallSignal,
  checkNumbers,
  compose,
  type Operation,
  onAbort,
  RequestRecord,
  type Serve,
  systemClock,
  unlessEnded,
  Wheel,
} from "../pipeline/index.ts";
import { handler } from "../serve/handler.ts";
import { validate } from "../serve/validate.ts";
import { json } from "../wire/index.ts";
import type { Client } from "./client.ts";
import { type ContextParts, type Handlers, RequestContext } from "./context.ts";
import { checkHandlers, type HandlerTable } from "./handler-table.ts";
import { keepsNothing } from "./kept.ts";
import { type Logger, silent } from "./logger.ts";
import { operationsOf } from "./operations.ts";
import { logBroken, logFailure } from "./reports.ts";

/** What was done once, as it was recorded; `Recorded` of the door `/operate` is one. */
export interface Rehearsable {
  readonly stream: string;
  readonly sequence: number;
  readonly skill: string;
  readonly caller: string;
  readonly id: string | undefined;
  readonly attempt: number;
  readonly payload: Uint8Array;
  readonly contentType: string;
}

/** How handlers are tried out. */
export interface RehearseOptions {
  /** Stands in for other agents: what it gives is what `ctx.client` gives. Default: every onward call is refused. */
  readonly client?: <C extends Contract>(contract: C) => Client<C>;
  /** Where `ctx.log` goes. Default: nowhere. */
  readonly logger?: Logger;
  /** How long a handler may take, in milliseconds: somebody may be stepping through it. Default: a day. */
  readonly timeoutMs?: number;
}

/** Does something recorded once more, in this process; answers with the handler's answer, or its frames. */
export type Rehearsal = (recorded: Rehearsable, signal?: AbortSignal) => Promise<unknown>;

/**
 * Handlers to replay recordings into, without a mesh: in a debugger, in a test.
 *
 * Input and answer are checked as when they are served. `ctx.replay` tells the recording's place, and nothing leaves
 * this process by the context.
 */
export function rehearse<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: RehearseOptions = {},
): Rehearsal {
  const timeoutMs = checkedTimeout(options);
  const operations = operationsOf(contract);
  const serve = serveOf(contract, handlers as unknown as HandlerTable, options);
  const wheel = new Wheel(systemClock);
  return async (recorded, given) => {
    const operation = operations.get(recorded.skill);
    if (operation === undefined)
      throw unknownSkill(contract.name, recorded.skill, operations.keys());
    const signal = new CallSignal(wheel);
    signal.expire(systemClock.now() + timeoutMs, timeoutMs, operation.key);
    const stop = (): void => signal.end(new MeshError(MeshCode.Cancelled, "the replay was ended"));
    const unhear = given === undefined ? undefined : onAbort(given, stop);
    const request = requestOf(recorded, operation, signal);
    const { stream, sequence } = recorded;
    // With somebody who stands in for the others, asking them is no way out.
    request.replay = { stream, sequence, onward: options.client !== undefined };
    try {
      return await unlessEnded(signal, () => serve(request));
    } finally {
      // The frames of a stream are still to come.
      if (!operation.streams) unhear?.();
      signal.settle();
    }
  };
}

/** The handlers behind what a request to them has to pass in a rehearsal too. */
function serveOf(contract: Contract, handlers: HandlerTable, options: RehearseOptions): Serve {
  checkHandlers(contract, handlers);
  const { logger = silent } = options;
  const parts = partsOf(options);
  const run = handler(
    (request) =>
      handlers[request.operation.skill]?.(request.input, new RequestContext(request, parts)),
    (thrown, request) => logFailure(logger, thrown, request),
  );
  const onBroken = (thrown: unknown, skill: string): void => logBroken(logger, thrown, skill);
  return compose([validate(contract, onBroken)], run);
}

function checkedTimeout({ timeoutMs = dayMs }: RehearseOptions): number {
  const rules = { timeoutMs: { min: 1, max: maxDeadlineMs, whole: false } };
  return checkNumbers("rehearse", { timeoutMs }, rules).timeoutMs;
}

function requestOf(
  { stream, sequence, caller, id, attempt, payload, contentType }: Rehearsable,
  operation: Operation,
  signal: CallSignal,
): RequestRecord {
  const request = new RequestRecord(operation, caller, signal);
  request.id = id ?? `${stream}-${sequence}`;
  request.path = caller;
  request.attempt = attempt;
  request.payload = payload;
  request.codec = contentType === ContentType.json ? json : operation.request;
  return request;
}

function partsOf({ client = nobody, logger = silent }: RehearseOptions): ContextParts {
  return {
    now: () => systemClock.now(),
    log: logger,
    client: (onward) => client(onward),
    kept: keepsNothing,
    publish: async ({ contract, name }) => {
      throw new MeshError(
        MeshCode.PermissionDenied,
        `publishing ${contract.name}.${name}: nothing is published from a rehearsal`,
      );
    },
  };
}

/** Without somebody who stands in for them, the context refuses before it gets here. */
function nobody({ name }: Contract): never {
  throw new MeshError(MeshCode.PermissionDenied, `nobody stands in for ${name} in this rehearsal`);
}
