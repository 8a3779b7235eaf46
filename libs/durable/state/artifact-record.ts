import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Measure } from "../claims/parts.ts";

/** One version of an artifact, as it is kept. */
export interface ArtifactVersion extends Measure {
  /** 1 on the first; each later one is one more. */
  readonly version: number;
  /** Where its content is. */
  readonly id: string;
  readonly contentType: string;
  readonly at: string;
  /** The task or call that made it, and its trace. */
  readonly task?: string;
  readonly call?: string;
  readonly trace?: string;
  readonly note?: string;
  /** The version whose content it brings back. */
  readonly rolledBackTo?: number;
}

/** What versions there are, the last one being the artifact as it is now. */
export interface ArtifactRecord {
  readonly versions: readonly ArtifactVersion[];
}

/** Versions that are kept of one artifact; of more, the oldest go. */
const mostVersions = 100;

/** Reads what versions there are; throws `malformed_payload` for what is no such list. */
export function readRecord(found: unknown, what: string): ArtifactRecord {
  if (found === undefined) return { versions: [] };
  const { versions } = (found ?? {}) as { readonly versions?: unknown };
  if (Array.isArray(versions) && versions.every(isVersion)) return { versions };
  throw new MeshError(MeshCode.MalformedPayload, `the versions of ${what} cannot be read`);
}

/** The same with one more, and what content nobody needs any more. */
export function withVersion(
  { versions }: ArtifactRecord,
  added: Omit<ArtifactVersion, "version">,
): { readonly record: ArtifactRecord; readonly unneeded: readonly ArtifactVersion[] } {
  const version = (versions.at(-1)?.version ?? 0) + 1;
  const all = [...versions, { ...added, version }];
  const kept = all.slice(-mostVersions);
  const needed = new Set(kept.map(({ id }) => id));
  const unneeded = all.slice(0, -mostVersions).filter(({ id }) => !needed.has(id));
  return { record: { versions: kept }, unneeded };
}

/** The last one, or the one that is asked for. */
export function pick(
  { versions }: ArtifactRecord,
  version: number | undefined,
): ArtifactVersion | undefined {
  return version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
}

function isVersion(found: unknown): found is ArtifactVersion {
  if (typeof found !== "object" || found === null) return false;
  const { version, id, bytes, partBytes, sha256, contentType, at } = found as Record<
    string,
    unknown
  >;
  const texts = [id, sha256, contentType, at];
  return (
    [version, bytes, partBytes].every((number) => Number.isInteger(number)) &&
    texts.every((text) => typeof text === "string")
  );
}
