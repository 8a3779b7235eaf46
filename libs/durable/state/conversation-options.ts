import { createHash } from "node:crypto";
import { conversationJoint, isConversation } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";

/** How a conversation is kept. */
export interface ConversationOptions {
  /** Turns that are kept; of more, the oldest go, and are counted. Default: 1000. */
  readonly mostTurns?: number;
  /** How long after its last writing it is kept, in milliseconds, from 1000 to 30 days. Default: 30 days. */
  readonly expiresInMs?: number;
}

/** ConversationOptions with every default filled in and every value checked. */
export interface ConversationConfig {
  readonly mostTurns: number;
  /** Undefined: as long as the bucket keeps it. */
  readonly expiresInMs: number | undefined;
}

const mostTurnsOfAll = 100_000;
const mostLifeMs = 30 * 86_400_000;
const leastLifeMs = 1_000;

export function resolveConversation(options: ConversationOptions = {}): ConversationConfig {
  const { mostTurns = 1_000, expiresInMs } = options;
  if (!Number.isInteger(mostTurns) || mostTurns < 1 || mostTurns > mostTurnsOfAll) {
    throw wrong(
      `conversation.mostTurns must be a whole number from 1 to ${mostTurnsOfAll}, got ${mostTurns}`,
    );
  }
  const isLife =
    expiresInMs === undefined || (expiresInMs >= leastLifeMs && expiresInMs <= mostLifeMs);
  if (!isLife) {
    throw wrong(
      `conversation.expiresInMs must be ${leastLifeMs} to ${mostLifeMs} milliseconds, got ${expiresInMs}`,
    );
  }
  return Object.freeze({ mostTurns, expiresInMs });
}

/** A name that somebody gives a conversation. */
export function conversationName(option: string, name: unknown): string {
  if (typeof name === "string" && ownName.test(name)) return name;
  throw wrong(
    `${option} must be 1 to 64 of A-Z, a-z, 0-9, _ and -, the first a letter or digit, got ${JSON.stringify(name)?.slice(0, 80)}`,
  );
}

const ownName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * The name under which a callee keeps its side of a caller's conversation: no two callers, and no two conversations of
 * one caller, have the same, whatever names they give. It is also what the callee's own calls carry on.
 */
export function conversationWith(caller: string, theirs: string): string {
  const plain = `${caller}${conversationJoint}${theirs}`;
  if (plain.length <= mostPlain && isConversation(plain)) return plain;
  const digest = createHash("sha256").update(plain).digest("hex").slice(0, digestLength);
  const who = caller.slice(0, mostCaller);
  return `${who}${conversationJoint}${conversationJoint}${digest}`;
}

const mostPlain = 128;
const digestLength = 40;
const mostCaller = 80;

function wrong(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
