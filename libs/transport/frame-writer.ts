import { MeshCode, MeshError } from "../errors/index.ts";
import { type CallSignal, type Clock, type Codec, timer, type Wheel } from "../pipeline/index.ts";
import { payloadOf } from "../wire/index.ts";
import type { CreditGate } from "./credit-gate.ts";
import { frameOverhead } from "./frame-queue.ts";
import { isTooLarge, type Park } from "./parking.ts";
import type { PlainReader } from "./plain-reader.ts";
import type { ReplyLink } from "./recorder.ts";

export interface FrameWriterParts {
  readonly link: ReplyLink;
  readonly wheel: Wheel;
  readonly clock: Clock;
  readonly signal: CallSignal;
  readonly codec: Codec;
  readonly idleMs: number;
  /** Where the frames go. */
  readonly reply: string;
  /** The header block of the first frame: it names the instance, for cancel and credit. */
  readonly firstHead: () => string;
  /** Undefined for a plain client, which takes frames as its connection does. */
  readonly credit: CreditGate | undefined;
  /** Looks after a plain client. */
  readonly reader?: PlainReader | undefined;
  /** Keeps frames that are too large for a message. Default: nothing does. */
  readonly park?: Park | undefined;
  /** The header block of a frame whose payload was kept so. */
  readonly claimHead?: () => string;
}

/** Where no credit bounds them, frames are handed to the server in portions of this, so that memory stays bounded. */
const flushBytes = 262_144;

/** Writes the frames of a stream as fast as its reader takes them; answers how many there were. */
export async function writeFrames(
  frames: AsyncIterable<unknown>,
  parts: FrameWriterParts,
): Promise<number> {
  const { signal } = parts;
  const iterator = frames[Symbol.asyncIterator]();
  let hasLeft = false;
  const leave = (): void => {
    if (hasLeft) return;
    hasLeft = true;
    // A handler that waits for something of its own sees its signal; one that yields ends here.
    iterator.return?.().catch(() => undefined);
  };
  signal.onEnd(leave);
  try {
    return await pump(iterator, parts);
  } catch (error) {
    leave();
    throw error;
  } finally {
    signal.offEnd(leave);
  }
}

async function pump(iterator: AsyncIterator<unknown>, parts: FrameWriterParts): Promise<number> {
  const { link, signal, codec, reply, credit } = parts;
  const silent = timer(() => signal.end(tooQuiet(parts.idleMs)));
  let unflushed = 0;
  for (let count = 0; ; count++) {
    if (count > 0) parts.wheel.arm(silent, parts.clock.now() + parts.idleMs);
    const result = await iterator.next().finally(() => parts.wheel.disarm(silent));
    signal.throwIfEnded();
    if (result.done === true) return count;
    const payload = payloadOf(codec, result.value);
    const bytes = Buffer.byteLength(payload);
    if (credit === undefined || credit.isLavish) {
      unflushed = await portion(link, unflushed + bytes + frameOverhead);
      signal.throwIfEnded();
    } else if (!credit.isOpen) await credit.wait();
    // The deadline was for the first frame; from here on the silence between frames is bounded.
    if (count === 0) signal.settle();
    try {
      publish(payload, bytes, count, parts);
      credit?.use(bytes);
    } catch (error) {
      // One that lies in the store takes no room on the way: its reader fetches it when it comes to it.
      if (parts.park === undefined || credit === undefined || !isTooLarge(error)) throw error;
      const claim = await parts.park(payload, codec.contentType);
      link.publish(reply, claim, { head: parts.claimHead?.() ?? "" });
      credit.use(claim.length);
    }
  }
}

function publish(
  payload: Uint8Array | string,
  bytes: number,
  count: number,
  { link, reply, firstHead, reader }: FrameWriterParts,
): void {
  if (count === 0) return link.publish(reply, payload, { head: firstHead() });
  const asks = reader?.ask();
  if (asks !== undefined) link.publish(reply, payload, { reply: asks });
  // Empty and without headers it would end the way back to another workspace.
  else if (bytes === 0) link.publish(reply, payload, { head: firstHead() });
  else link.publish(reply, payload, laterFrame);
}

const laterFrame = Object.freeze({ mayWait: true });

async function portion(link: ReplyLink, unflushed: number): Promise<number> {
  if (unflushed < flushBytes) return unflushed;
  await link.flush();
  return 0;
}

function tooQuiet(idleMs: number): MeshError {
  return new MeshError(MeshCode.DeadlineExceeded, `the handler gave no frame for ${idleMs} ms`);
}
