import { Header, isToken, maxPathLength } from "@myelin/subjects";
import { checkHead, field, headerText, headLine, malformed, needle, whole } from "./head.ts";

/** What the headers of a request say. */
export interface RequestHead {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Milliseconds the caller still waits. */
  readonly timeoutMs: number | undefined;
  readonly id: string | undefined;
  /** Agents before the caller, then the caller. */
  readonly path: string | undefined;
  readonly attempt: number;
  /** Bytes of room for frames; undefined: it takes them as they come. */
  readonly credit: number | undefined;
  readonly contentType: string | undefined;
}

const lines = {
  traceparent: needle(Header.traceparent),
  tracestate: needle(Header.tracestate),
  timeout: needle(Header.timeout),
  id: needle(Header.id),
  path: needle(Header.path),
  attempt: needle(Header.attempt),
  credit: needle(Header.credit),
  contentType: needle(Header.contentType),
};

/** A complete block for a request. Absent values cost nothing on the wire. */
export function writeRequestHead(head: RequestHead): Uint8Array {
  let text = `${headLine}${Header.timeout}: ${head.timeoutMs}\r\n${Header.id}: ${head.id}\r\n`;
  if (head.traceparent !== undefined) text += `${Header.traceparent}: ${head.traceparent}\r\n`;
  if (head.tracestate !== undefined)
    text += `${Header.tracestate}: ${headerText(head.tracestate)}\r\n`;
  if (head.path !== undefined) text += `${Header.path}: ${head.path}\r\n`;
  if (head.attempt > 1) text += `${Header.attempt}: ${head.attempt}\r\n`;
  if (head.credit !== undefined) text += `${Header.credit}: ${head.credit}\r\n`;
  if (head.contentType !== undefined) text += `${Header.contentType}: ${head.contentType}\r\n`;
  return Buffer.from(`${text}\r\n`, "latin1");
}

/** Reads what a caller sent; throws `malformed_header`. Unknown headers are left alone (DESIGN 13). */
export function readRequestHead(head: string, caller: string): RequestHead {
  if (head === "") return bare;
  checkHead(head);
  const contentType = field(head, lines.contentType);
  return {
    traceparent: field(head, lines.traceparent),
    tracestate: field(head, lines.tracestate),
    timeoutMs: whole(head, lines.timeout, 0, 2_147_483_647),
    id: callId(head),
    path: callPath(head, caller),
    attempt: whole(head, lines.attempt, 1, 10_000) ?? 1,
    credit: whole(head, lines.credit, 1, 1_073_741_824),
    contentType: contentType?.toLowerCase(),
  };
}

const bare: RequestHead = Object.freeze({
  traceparent: undefined,
  tracestate: undefined,
  timeoutMs: undefined,
  id: undefined,
  path: undefined,
  attempt: 1,
  credit: undefined,
  contentType: undefined,
});

const idPattern = /^[\w.:/+=-]{1,128}$/;

function callId(head: string): string | undefined {
  const id = field(head, lines.id);
  if (id === undefined || idPattern.test(id)) return id;
  throw malformed(
    Header.id,
    "1 to 128 of letters, digits and _.:/+=-",
    JSON.stringify(id.slice(0, 40)),
  );
}

function callPath(head: string, caller: string): string | undefined {
  const path = field(head, lines.path);
  if (path === undefined) return undefined;
  const agents = path.split(",", maxPathLength + 1);
  // The broker vouches for the last name only; the others are what that agent says.
  if (agents.length <= maxPathLength && agents.every(isToken) && agents.at(-1) === caller)
    return path;
  throw malformed(
    Header.path,
    `at most ${maxPathLength} agents that end with ${caller}`,
    JSON.stringify(path.slice(0, 80)),
  );
}
