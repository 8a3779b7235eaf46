import { ContentType, dayMs, deadAgeMs, mostBlobMs } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import type { LargePayloads } from "../../pipeline/index.ts";
import { readClaim } from "../../wire/index.ts";
import { mostPayload } from "../stored/room.ts";
import { stopOf } from "./stop.ts";

/** The body of a message that is stored, and what it is written in. */
export interface Body {
  readonly payload: Uint8Array | string;
  readonly contentType: string;
}

/** For whom a body is kept, and how long it may be wanted. */
export interface Keeping {
  readonly reader: string;
  readonly lifeMs: number;
  readonly signal: AbortSignal | undefined;
  /** For messages. */
  readonly what: string;
}

/** Whether a body goes into one message that is stored. */
export function fits(payload: Uint8Array | string, link: Pick<Link, "maxPayload">): boolean {
  return Buffer.byteLength(payload) <= mostPayload(link);
}

/** A claim in the place of a body that does not fit; throws `payload_too_large` where it cannot be kept so long. */
export async function parked(
  { payload, contentType }: Body,
  claims: LargePayloads,
  { reader, lifeMs, signal, what }: Keeping,
): Promise<Body> {
  if (lifeMs > mostBlobMs) {
    const detail = `${what} has ${Buffer.byteLength(payload)} bytes, and so much is kept for ${mostBlobMs / dayMs} days at most; send a reference to it`;
    throw new MeshError(MeshCode.PayloadTooLarge, detail);
  }
  // As long as its dead letter, should it come to that.
  const keptMs = Math.min(lifeMs + deadAgeMs, mostBlobMs);
  const parking = { reader, contentType, lifeMs: keptMs, signal: stopOf(signal, what) };
  return { payload: await claims.park(payload, parking), contentType: ContentType.claim };
}

/** The body that a stored one stands for; its signature is over the claim, and must be checked before. */
export async function unparked(
  { payload, contentType }: { readonly payload: Uint8Array; readonly contentType: string },
  owner: string,
  { claims, signal }: { readonly claims: LargePayloads; readonly signal: AbortSignal | undefined },
): Promise<{ readonly payload: Uint8Array; readonly contentType: string }> {
  if (contentType !== ContentType.claim) return { payload, contentType };
  const claim = readClaim(payload);
  const stop = stopOf(signal, `a payload of ${owner}`);
  const whole = await claims.fetch({ claim, owner }, stop);
  return { payload: whole, contentType: claim.contentType };
}
