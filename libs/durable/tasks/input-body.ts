import type { Link } from "../../nats/index.ts";
import type { LargePayloads, Operation } from "../../pipeline/index.ts";
import { payloadOf } from "../../wire/index.ts";
import { type Body, fits, parked } from "../claims/bodies.ts";
import { momentOf, type When } from "../later/when.ts";

/** What is submitted, and until when it may wait. */
export interface Submitted {
  readonly operation: Operation;
  readonly input: unknown;
  /** Whether it is done again and again: then nothing is kept beside it. */
  readonly isAgain: boolean;
  readonly config: {
    readonly deadlineMs: number;
    readonly when: When | undefined;
    readonly signal: AbortSignal | undefined;
  };
}

/** The body of a task: its input, or a claim for it where that is too large for a message. */
export function inputBody(
  { operation, input, isAgain, config }: Submitted,
  { claims, link }: { readonly claims: LargePayloads; readonly link: Pick<Link, "maxPayload"> },
): Body | Promise<Body> {
  const { agent, key, request } = operation;
  const body: Body = { payload: payloadOf(request, input), contentType: request.contentType };
  if (fits(body.payload, link)) return body;
  const { deadlineMs, when, signal } = config;
  const waitMs = when === undefined ? 0 : momentOf(when, new Date()).getTime() - Date.now();
  const lifeMs = isAgain ? Number.POSITIVE_INFINITY : waitMs + deadlineMs;
  return parked(body, claims, { reader: agent, lifeMs, signal, what: `a task of ${key}` });
}
