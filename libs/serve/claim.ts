import {
  type Claim,
  type HeldPayload,
  type OwnedClaim,
  proceed,
  type Request,
  RequestRecord,
  type ServeLayer,
  type Stop,
} from "../pipeline/index.ts";

/** Brings a payload that a caller left in the store, and keeps its room until it is let go. */
export type HoldPayload = (claim: Claim, owner: string, signal: Stop) => Promise<HeldPayload>;

/**
 * Brings the payload of a request that was too large for a message.
 *
 * Sits inside whatever refuses: nothing is fetched for who would be turned away. The room that the payload takes is
 * bounded over all requests, and free again when the handler is done; who finds none waits, within its deadline, unless thousands do already.
 */
export function claim(hold: HoldPayload): ServeLayer {
  return (next) => {
    const bring = async (request: Request, claimed: OwnedClaim): Promise<unknown> => {
      const held = await hold(claimed, claimed.owner ?? request.caller, request.signal);
      try {
        request.signal.throwIfEnded();
        const whole = RequestRecord.from(request);
        whole.payload = held.payload;
        return await proceed(next, whole);
      } finally {
        held.release();
      }
    };
    return function claim(request): Promise<unknown> {
      return request.claim === undefined ? next(request) : bring(request, request.claim);
    };
  };
}
