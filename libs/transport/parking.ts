import { codeTable, isMeshError, MeshCode, MeshError } from "../errors/index.ts";
import { type Clock, inTime, type LargePayloads, type Request } from "../pipeline/index.ts";

/** Keeps what is too large for a message; answers with the claim to send in its place. */
export type Park = (payload: Uint8Array | string, contentType: string) => Promise<string>;

/** How long the frame of a stream may lie until its reader comes to it, in milliseconds. */
const frameLifeMs = 3_600_000;

/** Where answers to a request go that are too large for a message; undefined where its caller could not read them. */
export function parkingFor(
  { caller, workspace, timeoutMs, signal, operation }: Request,
  large: LargePayloads | undefined,
): Park | undefined {
  // A plain client, which says no timeout, would not know what to do with a claim; a blob stays in its workspace.
  if (large === undefined || workspace !== undefined || timeoutMs === undefined) return undefined;
  const lifeMs = operation.streams ? frameLifeMs : timeoutMs;
  return (payload, contentType) =>
    large.park(payload, { reader: caller, contentType, lifeMs, signal }).catch((error: unknown) => {
      throw tooLargeFor(`the answer of ${operation.key}`, error);
    });
}

/** Why the store has no place for an answer: its skill ran, so nothing may tell the caller that nothing did. */
export function tooLargeFor(answer: string, error: unknown, origin?: "peer"): MeshError {
  const why = MeshError.from(error);
  if (codeTable[why.code].retry === "no") return why;
  const detail = `${answer} is too large for one message, and the store is no help: ${why.detail}`;
  const options = { cause: error, ...(origin === undefined ? {} : { origin }) };
  return new MeshError(MeshCode.PayloadTooLarge, detail, options);
}

export function isTooLarge(error: unknown): boolean {
  return isMeshError(error, MeshCode.PayloadTooLarge);
}

/** Answers that are on their way by the store: their handlers are done, their callers still wait. */
export class Parked {
  readonly #clock: Clock;
  readonly #answers = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(answering: Promise<void>): void {
    const answer: Promise<void> = answering.finally(() => this.#answers.delete(answer));
    this.#answers.add(answer);
  }

  /** Resolves when there are none, or when that takes too long. */
  async settled(timeoutMs: number): Promise<void> {
    if (this.#answers.size === 0 || timeoutMs <= 0) return;
    await inTime(this.#clock, timeoutMs, Promise.all(this.#answers));
  }
}
