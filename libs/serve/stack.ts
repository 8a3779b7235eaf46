import type { Contract } from "../contract/index.ts";
import type { Clock, ServeLayer } from "../pipeline/index.ts";
import type { AccessHook, MeshMetrics, MeshTracer } from "../telemetry/index.ts";
import type { Admission } from "./admission.ts";
import { claim, type HoldPayload } from "./claim.ts";
import { identity, type VerifyToken } from "./identity.ts";
import { trace } from "./trace.ts";
import { type OnBroken, validate } from "./validate.ts";

/** What the incoming layers need: the contract that is served, and the instance's own state. */
export interface ServeParts {
  readonly contract: Contract;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly tracer: MeshTracer;
  readonly metrics: MeshMetrics;
  readonly access: AccessHook | undefined;
  readonly verifyToken: VerifyToken;
  readonly onBroken: OnBroken;
}

/** What a request goes through on its way in, outermost first; the handler comes after the last. */
export function serveStack(parts: ServeParts): readonly ServeLayer[] {
  const { tracer, metrics, access, clock } = parts;
  return [
    // Outermost: a refusal that nobody can see is a bug.
    trace(tracer, metrics, access, clock),
    // Draining, too late, no room, more than its share: refused before anything is spent.
    parts.admission.layer(),
    // On whose behalf: a signature costs more than a refusal, and less than parsing for a liar.
    identity(parts.contract, parts.verifyToken),
    // The input against the contract, parsed once; the answer and the declared errors on the way back.
    validate(parts.contract, parts.onBroken),
  ];
}

/** The same for a request whose payload was too large for a message. */
export function claimedStack(parts: ServeParts, hold: HoldPayload): readonly ServeLayer[] {
  const { tracer, metrics, access, clock } = parts;
  return [
    trace(tracer, metrics, access, clock),
    parts.admission.layer(),
    identity(parts.contract, parts.verifyToken),
    // Inside whatever refuses: nothing is fetched for who would be turned away.
    claim(hold),
    validate(parts.contract, parts.onBroken),
  ];
}

/** What a task goes through, once a worker has taken it: it waited in the store, so nothing refuses it for want of room. */
export function taskStack(
  parts: Omit<ServeParts, "admission" | "verifyToken">,
  hold: HoldPayload,
): readonly ServeLayer[] {
  const { tracer, metrics, access, clock, contract, onBroken } = parts;
  return [
    // Outermost, as for a call: every attempt is a span and a line of the access log.
    trace(tracer, metrics, access, clock),
    // What was too large for the task's own message.
    claim(hold),
    // The input against the contract of this version, and the answer on the way back.
    validate(contract, onBroken),
  ];
}
