import { MeshCode, MeshError } from "../errors/index.ts";
import type { Link } from "../nats/index.ts";
import { type CallSignal, type Clock, type Codec, timer, type Wheel } from "../pipeline/index.ts";
import { payloadOf } from "../wire/index.ts";
import type { CreditGate } from "./credit-gate.ts";
import { frameOverhead } from "./frame-queue.ts";
import type { PlainReader } from "./plain-reader.ts";

export interface FrameWriterParts {
  readonly link: Link;
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
}

/** A plain client's frames are handed to the server in portions of this, so that memory stays bounded here. */
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
    if (credit === undefined) {
      unflushed = await portion(link, unflushed + bytes + frameOverhead);
      signal.throwIfEnded();
    } else {
      if (!credit.isOpen) await credit.wait();
      credit.use(bytes);
    }
    if (count > 0) {
      const asks = parts.reader?.ask();
      if (asks !== undefined) link.publish(reply, payload, { reply: asks });
      // Empty and without headers it would end the way back to another workspace.
      else if (bytes === 0) link.publish(reply, payload, { head: parts.firstHead() });
      else link.publish(reply, payload, laterFrame);
    } else {
      // The deadline was for the first frame; from here on the silence between frames is bounded.
      signal.settle();
      link.publish(reply, payload, { head: parts.firstHead() });
    }
  }
}

const laterFrame = Object.freeze({ mayWait: true });

async function portion(link: Link, unflushed: number): Promise<number> {
  if (unflushed < flushBytes) return unflushed;
  await link.flush();
  return 0;
}

function tooQuiet(idleMs: number): MeshError {
  return new MeshError(MeshCode.DeadlineExceeded, `the handler gave no frame for ${idleMs} ms`);
}
