/** Turns a payload into a value and back. Both throw `malformed_payload` on what they cannot take. */
export interface Codec {
  readonly contentType: string;
  encode(value: unknown): Uint8Array;
  /** The same as text, for a codec that writes UTF-8: the link puts it where it goes without a copy between. */
  encodeText?(value: unknown): string;
  decode(payload: Uint8Array): unknown;
  /** What an answer to a payload in this is written in, for a codec that knows who asked. */
  readonly answer?: Codec;
  /** What is written in place of an error's text and data, for a codec that hides them on the way. */
  readonly failure?: Codec | undefined;
}

/** One skill of one agent, as the layers see it: data resolved once from the contract. */
export interface Operation {
  /** Its name; of another workspace, `<workspace>/<agent>`. */
  readonly agent: string;
  readonly skill: string;
  /** The workspace that it is shared by. Default: our own has it. */
  readonly workspace?: string | undefined;
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
  /** Whether its payloads are sealed for one reader. Default: false. */
  readonly sealed?: boolean;
  /** Of events that are told or handled, and of no skill: their subject. */
  readonly event?: string;
}
