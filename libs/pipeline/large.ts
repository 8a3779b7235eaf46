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

/** A payload that somebody has kept. */
export interface KeptPayload {
  readonly claim: Claim;
  /** Who has kept it. */
  readonly owner: string;
  /** The one name that may read it. Default: one's own. */
  readonly reader?: string;
}

/** Where payloads go that are too large for a message. */
export interface LargePayloads {
  /** Keeps a payload; answers with the claim that stands in its place, ready to be sent. */
  park(payload: Uint8Array | string, parking: Parking): Promise<string>;
  /** Brings one that is kept. */
  fetch(kept: KeptPayload, signal: Stop | undefined): Promise<Uint8Array>;
  /** The same for who works with it for a while: of all that is held, no more at once than there is room. */
  hold(kept: KeptPayload, signal: Stop): Promise<HeldPayload>;
}
