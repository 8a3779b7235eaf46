import { conversationBucket } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { StoredMessage } from "../stored/answers.ts";

/** One turn of a conversation. */
export interface ConversationTurn {
  /** Who said it: `user`, `assistant`, a name. */
  readonly role: string;
  /** What was said: whatever JSON can hold. */
  readonly content: unknown;
  /** A turn whose id is in the conversation already is not added again: so a repeated attempt adds nothing twice. */
  readonly id?: string;
}

/** A turn as it is kept. */
export interface KeptTurn extends ConversationTurn {
  readonly at: string;
  /** The call or task in which it was said, and its trace. */
  readonly call?: string;
  readonly trace?: string;
}

/** A conversation as it is kept: one document. */
export interface ConversationDocument {
  readonly startedAt: string;
  readonly updatedAt: string;
  /** Turns from before the first one here, that were dropped to keep it short. */
  readonly dropped: number;
  readonly turns: readonly KeptTurn[];
}

/** What is there of a conversation that was never written, or has expired. */
export const nothing: ConversationDocument = Object.freeze({
  startedAt: "",
  updatedAt: "",
  dropped: 0,
  turns: Object.freeze([]),
});

/** Reads a conversation; throws `malformed_payload` for what is none. */
export function readConversation(key: string, stored: StoredMessage): ConversationDocument {
  // What `nats kv del` leaves.
  if (stored.payload.length === 0) return nothing;
  try {
    const found: unknown = JSON.parse(Buffer.from(stored.payload).toString("utf8"));
    if (isDocument(found)) return found;
  } catch {
    // Said below: what is no JSON is no conversation.
  }
  throw new MeshError(
    MeshCode.MalformedPayload,
    `the conversation ${key} cannot be read; look at it with \`nats kv get ${conversationBucket} ${key}\``,
  );
}

/** The same with these turns after the last one, as few of the earlier ones dropped as can be. */
export function withTurns(
  before: ConversationDocument,
  added: readonly KeptTurn[],
  mostTurns: number,
): ConversationDocument {
  const known = new Set(before.turns.flatMap(({ id }) => (id === undefined ? [] : [id])));
  const fresh = added.filter(({ id }) => id === undefined || !known.has(id));
  const all = [...before.turns, ...fresh];
  const now = new Date().toISOString();
  return {
    startedAt: before.startedAt === "" ? now : before.startedAt,
    updatedAt: now,
    dropped: before.dropped + Math.max(0, all.length - mostTurns),
    turns: all.slice(-mostTurns),
  };
}

/** The count of what was dropped may take so many digits more. */
const spareBytes = 8;

/** The same, shorter by so many bytes: its oldest turns go, but for the last ones, so many. */
export function shortened(
  document: ConversationDocument,
  byBytes: number,
  kept: number,
): ConversationDocument {
  const { turns, dropped } = document;
  let from = 0;
  for (let left = byBytes + spareBytes; left > 0 && from < turns.length - kept; from++) {
    // And its comma.
    left -= Buffer.byteLength(JSON.stringify(turns[from])) + 1;
  }
  return { ...document, dropped: dropped + from, turns: turns.slice(from) };
}

function isDocument(found: unknown): found is ConversationDocument {
  if (typeof found !== "object" || found === null) return false;
  const { startedAt, updatedAt, dropped, turns } = found as Record<string, unknown>;
  const isDated = typeof startedAt === "string" && typeof updatedAt === "string";
  if (!isDated || !Number.isInteger(dropped) || !Array.isArray(turns)) return false;
  return turns.every((turn) => typeof turn === "object" && turn !== null && "role" in turn);
}
