import { type EventAddress, eventReaders, usualAgeMs } from "@myelin/subjects";
import type { Claim, LargePayloads, Stop } from "../../pipeline/index.ts";
import { json, readClaim } from "../../wire/index.ts";
import { type Body, fits, parked } from "../claims/bodies.ts";

/** The data of an event that was too large for its message. */
export class ClaimedData {
  readonly claim: Claim;

  constructor(payload: Uint8Array) {
    this.claim = readClaim(payload);
  }
}

/** Brings the data of an event; what it is used for ends with the call. */
export type BringData = (
  wanted: Wanted,
  use: (data: unknown) => Promise<unknown>,
) => Promise<unknown>;

/** Which data, of which event, and what ends the wait for it. */
interface Wanted {
  readonly claim: Claim;
  readonly of: EventAddress;
  readonly signal: Stop;
}

/** How the data of events is brought. */
export function bringing(claims: Pick<LargePayloads, "hold">): BringData {
  return async ({ claim, of: { publisher, name }, signal }, use) => {
    const kept = { claim, owner: publisher, reader: eventReaders(name) };
    const held = await claims.hold(kept, signal);
    try {
      return await use(json.decode(held.payload));
    } finally {
      held.release();
    }
  };
}

/** The body of an event: its data, or a claim for whoever hears it, where that is too large for a message. */
export function eventBody(
  payload: Uint8Array | string,
  { publisher, name }: EventAddress,
  parts: {
    readonly claims: LargePayloads;
    readonly link: { readonly maxPayload: number };
    readonly signal: AbortSignal | undefined;
  },
): Body | Promise<Body> {
  const body: Body = { payload, contentType: json.contentType };
  const { claims, link, signal } = parts;
  if (fits(payload, link)) return body;
  const what = `event ${publisher}.${name}`;
  // As long as the event itself.
  const lifeMs = usualAgeMs;
  return parked(body, claims, { reader: eventReaders(name), lifeMs, signal, what });
}
