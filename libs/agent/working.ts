import type { Contract } from "../contract/index.ts";
import {
  type CallRecorder,
  type Claims,
  recordTasks,
  resolveTasks,
  type StoreAccess,
  type TasksOptions,
  verifyTasks,
  Worker,
} from "../durable/index.ts";
import type { Link } from "../nats/index.ts";
import { compose, type Operation, type Serve, type Wheel } from "../pipeline/index.ts";
import { taskStack } from "../serve/stack.ts";
import type { MeshTracer } from "../telemetry/index.ts";
import type { ReplyHeads } from "../wire/index.ts";
import type { Identity } from "./identity.ts";
import type { ConnectConfig } from "./options.ts";
import { logBroken } from "./reports.ts";

export interface WorkingParts {
  readonly config: ConnectConfig;
  readonly link: Link;
  readonly wheel: Wheel;
  readonly instance: string;
  readonly tracer: MeshTracer;
  readonly identity: Identity;
  readonly store: StoreAccess;
  readonly claims: Claims;
}

/** What is worked with. */
export interface Working {
  readonly operations: ReadonlyMap<string, Operation>;
  /** The handlers, without layers. */
  readonly handle: Serve;
  readonly options: TasksOptions | undefined;
  readonly recorder: CallRecorder;
  readonly heads: ReplyHeads;
}

/** The worker of an agent that takes tasks; undefined for one that does not. */
export function workerOf(
  contract: Contract,
  { operations, handle, options, recorder, heads }: Working,
  parts: WorkingParts,
): Worker | undefined {
  if (options === undefined) return undefined;
  const { config, link, wheel, instance, tracer, identity, store, claims } = parts;
  const { clock, metrics, random, logger } = config;
  const access = config.onAccess;
  const onBroken = (thrown: unknown, skill: string): void => logBroken(logger, thrown, skill);
  const layers = taskStack(
    { contract, clock, tracer, metrics, access, onBroken },
    (claim, owner, signal) => claims.hold({ claim, owner }, signal),
  );
  // Who cannot sign cannot tell whose signature it would have to be either.
  const trust = link.credentials === undefined ? undefined : identity.trust;
  return new Worker({
    ...{ link, store, claims, clock, wheel, random, operations, instance, metrics },
    agent: contract.name,
    version: contract.version,
    config: resolveTasks(options),
    serve: compose([recordTasks(recorder, heads), ...layers], handle),
    signer: () => identity.signer,
    verify: trust === undefined ? undefined : verifyTasks(trust, () => link.credentials?.account),
    warn: (detail) => logger.warn({}, detail),
    onRefused: (reason) => metrics.refusedMessage(reason),
  });
}
