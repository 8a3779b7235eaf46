import { ContentType, usualAgeMs } from "@myelin/subjects";
import type { Link } from "../../nats/index.ts";
import type { LargePayloads, Stop } from "../../pipeline/index.ts";
import { readContentType } from "../../wire/index.ts";
import { type Body, fits, unparked } from "../claims/bodies.ts";
import type { StoredMessage } from "../stored/answers.ts";
import type { StoredResult } from "./documents.ts";

/** Brings a body down to what a message takes. */
export type Fit = (body: Body) => Body | Promise<Body>;

/** How the answer of a task is brought down: one that is too large is kept for the submitter. */
export function fitResult(
  { submitter: reader }: { readonly submitter: string },
  { link, claims }: { readonly link: Pick<Link, "maxPayload">; readonly claims: LargePayloads },
  signal: Stop,
): Fit {
  const park = async ({ payload, contentType }: Body): Promise<Body> => {
    // As long as the result itself.
    const parking = { reader, contentType, lifeMs: usualAgeMs, signal };
    const claim = await claims.park(payload, parking);
    return { payload: claim, contentType: ContentType.claim };
  };
  return (body) => (fits(body.payload, link) ? body : park(body));
}

/** A final result with its body, where that is not in the message. */
export async function wholeResult(
  stored: StoredMessage,
  agent: string,
  { claims, signal }: { readonly claims: LargePayloads; readonly signal: AbortSignal | undefined },
): Promise<StoredResult> {
  const type = readContentType(stored.head);
  if (type !== ContentType.claim) return stored;
  const { head, payload } = stored;
  const whole = await unparked({ payload, contentType: type }, agent, { claims, signal });
  return { head, payload: whole.payload, contentType: whole.contentType.toLowerCase() };
}
