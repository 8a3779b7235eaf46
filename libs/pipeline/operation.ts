/** Turns a payload into a value and back. Both throw `malformed_payload` on what they cannot take. */
export interface Codec {
  readonly contentType: string;
  encode(value: unknown): Uint8Array;
  /** The same as text, for a codec that writes UTF-8: the link puts it where it goes without a copy between. */
  encodeText?(value: unknown): string;
  decode(payload: Uint8Array): unknown;
}

/** One skill of one agent, as the layers see it: data resolved once from the contract. */
export interface Operation {
  readonly agent: string;
  readonly skill: string;
  /** The contract's version, where there is a contract. */
  readonly version?: string;
  /** `<agent>.<skill>`: the name under which breakers, limits and metrics are kept. */
  readonly key: string;
  readonly streams: boolean;
  readonly idempotent: boolean;
  /** For the answer, or for the first frame, in milliseconds. */
  readonly deadlineMs: number;
  /** Longest silence between frames, in milliseconds. */
  readonly idleMs: number;
  readonly request: Codec;
  readonly response: Codec;
}
