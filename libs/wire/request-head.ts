import {
  conversationRule,
  Header,
  idRule,
  isConversation,
  isId,
  isToken,
  maxPathLength,
  parseForeignName,
} from "@myelin/subjects";
import type { Replay } from "../pipeline/index.ts";
import { checkHead, headLine, malformed, quoted, whole } from "./head.ts";
import { readReplay, writeReplay } from "./replay-mark.ts";

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
  /** The token that says on whose behalf it is asked, not verified. */
  readonly onBehalf?: string | undefined;
  readonly replay?: Replay | undefined;
  /** The conversation it belongs to, as its caller names it. */
  readonly conversation?: string | undefined;
}

/** A complete block for a request. Absent values cost nothing on the wire. */
export function writeRequestHead(head: RequestHead): string {
  let text = `${headLine}${Header.timeout}: ${head.timeoutMs}\r\n${Header.id}: ${head.id}\r\n`;
  if (head.traceparent !== undefined) text += `${Header.traceparent}: ${head.traceparent}\r\n`;
  if (head.tracestate !== undefined && vendorState.test(head.tracestate))
    text += `${Header.tracestate}: ${head.tracestate}\r\n`;
  if (head.path !== undefined) text += `${Header.path}: ${head.path}\r\n`;
  if (head.attempt > 1) text += `${Header.attempt}: ${head.attempt}\r\n`;
  if (head.credit !== undefined) text += `${Header.credit}: ${head.credit}\r\n`;
  if (head.contentType !== undefined) text += `${Header.contentType}: ${head.contentType}\r\n`;
  if (head.onBehalf !== undefined) text += `${Header.onBehalf}: ${head.onBehalf}\r\n`;
  if (head.replay !== undefined) text += `${Header.replay}: ${writeReplay(head.replay)}\r\n`;
  if (head.conversation !== undefined) text += `${Header.conversation}: ${head.conversation}\r\n`;
  return `${text}\r\n`;
}

/** Whole or not at all: a wider character would become another byte, a line's end among them. */
const vendorState = /^[ -~]{1,2048}$/;

/** Reads what a caller sent; throws `malformed_header`. Unknown headers are left alone. */
export function readRequestHead(head: string, caller: string): RequestHead {
  if (head === "") return bare;
  checkHead(head);
  const read = { ...bare };
  // One pass over the lines that are there: a search per header costs most for those that are not.
  for (let at = head.indexOf("\r\n") + 2; at > 1; ) {
    const end = head.indexOf("\r\n", at);
    if (end <= at) break;
    const colon = head.indexOf(":", at);
    if (colon > at && colon < end) {
      take(read, head.slice(at, colon), head.slice(colon + 1, end).trim(), caller);
    }
    at = end + 2;
  }
  return read;
}

type Reading = { -readonly [Field in keyof RequestHead]: RequestHead[Field] };

/** One header; of one that comes twice the last counts. */
function take(read: Reading, name: string, value: string, caller: string): void {
  switch (name) {
    case Header.traceparent:
      read.traceparent = value;
      break;
    case Header.tracestate:
      read.tracestate = value;
      break;
    case Header.timeout:
      read.timeoutMs = whole(name, value, { least: 0, most: 2_147_483_647 });
      break;
    case Header.id:
      read.id = callId(value);
      break;
    case Header.path:
      read.path = callPath(value, caller);
      break;
    case Header.attempt:
      read.attempt = whole(name, value, { least: 1, most: 10_000 });
      break;
    case Header.credit:
      read.credit = whole(name, value, { least: 1, most: 1_073_741_824 });
      break;
    case Header.contentType:
      read.contentType = value.toLowerCase();
      break;
    case Header.onBehalf:
      read.onBehalf = value;
      break;
    case Header.conversation:
      read.conversation = conversation(value);
      break;
    case Header.replay:
      read.replay = readReplay(value);
      break;
  }
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
  onBehalf: undefined,
  replay: undefined,
  conversation: undefined,
});

function callId(id: string): string {
  if (isId(id)) return id;
  throw malformed(Header.id, idRule, quoted(id));
}

function conversation(name: string): string {
  if (isConversation(name)) return name;
  throw malformed(Header.conversation, conversationRule, quoted(name));
}

/** An agent's name; of another workspace, `<workspace>/<agent>`. */
function isHop(agent: string): boolean {
  const foreign = parseForeignName(agent);
  if (foreign === undefined) return isToken(agent);
  return isToken(foreign.workspace) && isToken(foreign.agent);
}

function callPath(path: string, caller: string): string {
  const agents = path.split(",", maxPathLength + 1);
  // The broker vouches for the last name only; the others are what that agent says.
  if (agents.length <= maxPathLength && agents.every(isHop) && agents.at(-1) === caller)
    return path;
  throw malformed(
    Header.path,
    `at most ${maxPathLength} agents that end with ${caller}`,
    quoted(path),
  );
}
