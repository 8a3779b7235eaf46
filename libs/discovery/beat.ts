import { inboxPrefix, type Presence, PresenceState, parsePresenceSubject } from "@myelin/subjects";
import type { Inbound } from "../nats/index.ts";

/** A presence message of one instance, read and clamped. */
export interface Beat extends Presence {
  readonly instance: string;
}

/** What was read of a message, or why it is dropped; the reason is one of a few, fit for a label. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

const maxBytes = 4_096;
const maxVersionLength = 64;
const maxCount = 1_000_000;
const minBeatMs = 100;
const maxBeatMs = 60_000;
const states: ReadonlySet<unknown> = new Set(Object.values(PresenceState));
const text = new TextDecoder();

/**
 * Reads what arrived on an agent's presence subject.
 *
 * Its reply subject must lie in the inbox of the instance it names: whoever lets another agent publish for him
 * can set the subject, but not that (SECURITY, borrowed publications).
 */
export function readBeat(agent: string, message: Inbound): Read<Beat> {
  const address = parsePresenceSubject(message.subject);
  if (!address.ok || address.value.agent !== agent) return no("presence_subject");
  const { instance } = address.value;
  if (!message.reply.startsWith(inboxPrefix(agent, instance))) return no("presence_reply");
  const fields = parseObject(message.payload, maxBytes);
  if (fields === undefined || !states.has(fields.state)) return no("presence_payload");
  const value: Beat = {
    instance,
    state: fields.state as PresenceState,
    version: readVersion(fields.version),
    load: clamp(fields.load, 0, maxCount),
    room: clamp(fields.room, 0, maxCount),
    beatMs: clamp(fields.beatMs, minBeatMs, maxBeatMs),
  };
  return { ok: true, value };
}

/** A JSON object of at most so many bytes; undefined for anything else. */
export function parseObject(
  payload: Uint8Array,
  most: number,
): Readonly<Record<string, unknown>> | undefined {
  if (payload.length === 0 || payload.length > most) return undefined;
  try {
    const parsed: unknown = JSON.parse(text.decode(payload));
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Bytes from anybody: what is no JSON is told by the answer.
    return undefined;
  }
}

/** A version as somebody else states it: shown to people only, so cut rather than refused. */
export function readVersion(version: unknown): string {
  return typeof version === "string" ? version.slice(0, maxVersionLength) : "";
}

/** Proto3's JSON leaves out what is zero, so a missing number is the least that is allowed. */
function clamp(number: unknown, least: number, most: number): number {
  if (typeof number !== "number" || Number.isNaN(number)) return least;
  return Math.min(most, Math.max(least, Math.floor(number)));
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
