import type { Contract } from "../contract/index.ts";
import type { Claims } from "../durable/index.ts";
import { compose, type Request, type Serve } from "../pipeline/index.ts";
import type { Admission } from "../serve/admission.ts";
import { handler } from "../serve/handler.ts";
import { claimedStack, serveStack } from "../serve/stack.ts";
import type { MeshTracer } from "../telemetry/index.ts";
import type { Identity } from "./identity.ts";
import type { ConnectConfig } from "./options.ts";
import { logBroken, logFailure } from "./reports.ts";

export interface LaddersParts {
  readonly config: ConnectConfig;
  readonly tracer: MeshTracer;
  readonly identity: Identity;
  readonly claims: Claims;
}

/** Who is climbed to, and who lets in. */
export interface Climbed {
  readonly contract: Contract;
  readonly admission: Admission;
  readonly run: (request: Request) => unknown;
}

/** The ways to an instance's handlers. */
export interface Ladders {
  /** The handlers without layers: tasks have a ladder of their own. */
  readonly handle: Serve;
  readonly serve: Serve;
  /** For a request whose payload lies in the store. */
  readonly serveClaimed: Serve;
}

/** Composes what a request climbs to the handlers of one instance. */
export function laddersOf(
  { contract, admission, run }: Climbed,
  { config, tracer, identity, claims }: LaddersParts,
): Ladders {
  const { metrics, clock, logger, onAccess: access } = config;
  const { verifyToken } = identity;
  const onBroken = (thrown: unknown, skill: string): void => logBroken(logger, thrown, skill);
  const layered = { contract, admission, metrics, clock, tracer, access, verifyToken, onBroken };
  const handle = handler(run, (thrown, request) => logFailure(logger, thrown, request));
  const claimed = claimedStack(layered, (claim, owner, signal) =>
    claims.hold({ claim, owner }, signal),
  );
  return {
    handle,
    serve: compose(serveStack(layered), handle),
    serveClaimed: compose(claimed, handle),
  };
}
