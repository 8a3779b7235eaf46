import type { CallSignal } from "./signal.ts";

/** What stands in the place of a payload that is too large for a message. */
export interface Claim {
  /** Unguessable: the blob's, in the store. */
  readonly id: string;
  readonly bytes: number;
  /** Of each part but the last. */
  readonly partBytes: number;
  /** Of the whole, in base64url. */
  readonly sha256: string;
  /** What the payload itself is written in. */
  readonly contentType: string;
}

/** A claim, and who has kept what it stands for. */
export interface OwnedClaim extends Claim {
  /** Default: who asks. */
  readonly owner?: string;
}

/** For whom a payload is kept, and how. */
export interface Parking {
  /** The one name that may read it. */
  readonly reader: string;
  /** What it is written in. */
  readonly contentType: string;
  /** How long somebody may still want it, in milliseconds. */
  readonly lifeMs: number;
  readonly signal: Stop | undefined;
}

/** What ends a wait; a call's signal is one. */
export type Stop = Pick<CallSignal, "onEnd" | "offEnd" | "throwIfEnded">;

/** A payload that takes room until it is let go. */
export interface HeldPayload {
  readonly payload: Uint8Array;
  release(): void;
}

/** Where payloads go that are too large for a message. */
export interface LargePayloads {
  /** Keeps a payload; answers with the claim that stands in its place, ready to be sent. */
  park(payload: Uint8Array | string, parking: Parking): Promise<string>;
  /** Brings what a claim of this owner stands for. */
  fetch(claim: Claim, owner: string, signal: Stop | undefined): Promise<Uint8Array>;
  /** The same for who works with it for a while: of all that is held, no more at once than there is room. */
  hold(claim: Claim, owner: string, signal: Stop, reader?: string): Promise<HeldPayload>;
}
