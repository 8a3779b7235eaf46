import { createHash } from "node:crypto";
import { conversationJoint, dayMs, isConversation } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { checkNumber, overDefaults } from "../../pipeline/index.ts";

/** How a conversation is kept. */
export interface ConversationOptions {
  /** Turns that are kept; of more, or more than a message holds (1 MiB), the oldest go, and are counted. Default: 1000. */
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

const defaults: ConversationConfig = { mostTurns: 1_000, expiresInMs: undefined };
const turns = { min: 1, max: 100_000, whole: true };
const life = { min: 1_000, max: 30 * dayMs, whole: false };

export function resolveConversation(options: ConversationOptions = {}): ConversationConfig {
  const config = overDefaults("conversation", defaults, options);
  checkNumber("conversation.mostTurns", config.mostTurns, turns);
  if (config.expiresInMs !== undefined) {
    checkNumber("conversation.expiresInMs", config.expiresInMs, life);
  }
  return Object.freeze(config);
}

/** A name that somebody gives a conversation. */
export function conversationName(option: string, name: unknown): string {
  if (typeof name === "string" && ownName.test(name)) return name;
  throw new MeshError(
    MeshCode.InvalidArgument,
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
