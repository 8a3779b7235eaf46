import { isToken, Metadata, maxInstanceLength, serviceTypes } from "@myelin/subjects";
import type { CardDocument } from "../identity/index.ts";
import type { Inbound } from "../nats/index.ts";
import { parseObject, type Read, readVersion } from "./beat.ts";

/** What discovery needs of an answer to `$SRV.INFO.<agent>`. */
export interface Answer {
  readonly instance: string;
  readonly version: string;
  /** All that it says, to be verified. */
  readonly card: CardDocument;
}

/** Longest answer that is read: that of an agent with some hundred skills. */
export const maxCardBytes = 262_144;

/** Reads an answer to `$SRV.INFO.<agent>`; a plain ADR-32 service of that name takes no calls of the mesh. */
export function readAnswer(agent: string, message: Inbound): Read<Answer> {
  const fields = parseObject(message.payload, maxCardBytes);
  if (fields === undefined) return { ok: false, why: "info_payload" };
  const { type, name, id, version, metadata } = fields;
  if (type !== serviceTypes.INFO || name !== agent) return { ok: false, why: "info_payload" };
  if (!isInstance(id)) return { ok: false, why: "info_instance" };
  if (!speaksMesh(metadata)) return { ok: false, why: "info_not_mesh" };
  return { ok: true, value: { instance: id, version: readVersion(version), card: fields } };
}

/** Whether a value from the wire may stand as `i-<instance>` in a subject. */
export function isInstance(id: unknown): id is string {
  return typeof id === "string" && id.length <= maxInstanceLength && isToken(id);
}

function speaksMesh(metadata: unknown): boolean {
  return typeof metadata === "object" && metadata !== null && Metadata.wire in metadata;
}
