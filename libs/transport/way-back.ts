import type { ReplyLink } from "./recorder.ts";

const nothing = new Uint8Array(0);

/**
 * Tells the server that nothing more comes over a reply subject of another workspace.
 *
 * An empty message without headers does; without it the server remembers each question for an hour. The caller gets
 * it as well, and takes it for what it is.
 */
export function closeWayBack(link: ReplyLink, reply: string): void {
  if (!link.isUp) return;
  try {
    link.publish(reply, nothing);
  } catch {
    // The link went down: the server forgets the way back by itself, only later.
  }
}

/** Whether a message says nothing at all: the end of a way back, never an answer of ours. */
export function isSilent(message: {
  readonly head: string;
  readonly payload: Uint8Array;
}): boolean {
  return message.head === "" && message.payload.length === 0;
}
