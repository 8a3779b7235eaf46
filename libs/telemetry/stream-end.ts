import { MeshError } from "../errors/index.ts";
import { type CallSignal, Frames } from "../pipeline/index.ts";

/**
 * Hears once that a stream is over: its frames ended, failed or were left, or its call was ended with nobody reading.
 * A reader who leaves has what it wanted: that is no error.
 */
export function onStreamEnd(
  frames: AsyncIterable<unknown>,
  signal: CallSignal,
  listener: (error: MeshError | undefined) => void,
): Frames {
  let isOver = false;
  const over = (thrown: unknown): void => {
    if (isOver) return;
    isOver = true;
    signal.offEnd(over);
    listener(thrown === undefined ? undefined : MeshError.from(thrown));
  };
  signal.onEnd(over);
  return Frames.from(frames).onDone(over);
}
