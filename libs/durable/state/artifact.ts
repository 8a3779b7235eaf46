import { isArtifactName, tokenRule } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Abortable } from "../../pipeline/index.ts";
import type { ArtifactVersion } from "./artifact-record.ts";

/** One version of something that an agent has made. */
export interface Artifact {
  readonly owner: string;
  readonly name: string;
  /** 1 on the first; each later one is one more. */
  readonly version: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly at: Date;
  /** The task in which it was made, or the call, and the trace. */
  readonly task: string | undefined;
  readonly call: string | undefined;
  readonly trace: string | undefined;
  readonly note: string | undefined;
  /** The version whose content it brings back. */
  readonly rolledBackTo: number | undefined;
}

/** The same with its content. */
export interface ArtifactContent extends Artifact {
  readonly content: Uint8Array;
}

/** How a version is put. */
export interface PutOptions extends Abortable {
  /** Default: of text `text/plain; charset=utf-8`, of bytes `application/octet-stream`. */
  readonly contentType?: string;
  /** Why, for people. Default: nothing. */
  readonly note?: string;
  /** Only where this is the last version, 0 for none. Default: whatever is there. */
  readonly expected?: number;
}

/** Whose artifacts are meant. */
export interface OfOptions extends Abortable {
  /** An agent that one may call or submit to. Default: one's own. */
  readonly owner?: string | undefined;
}

export interface GetOptions extends OfOptions {
  /** Default: the last one. */
  readonly version?: number;
}

export interface ListOptions extends OfOptions {
  /** Only what was made in this task, each in the version it made last. */
  readonly task?: string;
}

/** What an agent makes and keeps, in versions: its own to write, and to read for those who may ask it for something. */
export interface Artifacts {
  /** Keeps a version, of 64 MiB at most; throws `conflict` when another is there than was expected. */
  put(name: string, content: string | Uint8Array, options?: PutOptions): Promise<Artifact>;
  /** Throws `unknown_artifact` where there is none. */
  get(name: string, options?: GetOptions): Promise<ArtifactContent>;
  /** Each artifact in its last version, by name. */
  list(options?: ListOptions): Promise<readonly Artifact[]>;
  /** The newest first; none where there is no such artifact. */
  versions(name: string, options?: OfOptions): Promise<readonly Artifact[]>;
  /** Makes an earlier version's content the last one, as a new version. */
  rollBack(name: string, version: number, options?: PutOptions): Promise<Artifact>;
}

/** In which task or call something is made. */
export interface Maker {
  readonly facts: Pick<ArtifactVersion, "task" | "call" | "trace">;
  /** Throws where nothing may be written, as in a replay. */
  readonly mayWrite: (what: string) => void;
}

/** Most artifacts of one owner. */
const mostNames = 1_000;

/** A version as its readers see it. */
export function artifactOf(owner: string, name: string, kept: ArtifactVersion): Artifact {
  const { version, bytes, sha256, contentType, at, task, call, trace, note, rolledBackTo } = kept;
  return Object.freeze({
    ...{ owner, name, version, bytes, sha256, contentType, at: new Date(at) },
    ...{ task, call, trace, note, rolledBackTo },
  });
}

/** The names in a list of artifacts. */
export function namesIn(found: unknown, owner: string): readonly string[] {
  if (found === undefined) return [];
  const { names } = (found ?? {}) as { readonly names?: unknown };
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new MeshError(MeshCode.MalformedPayload, `the list of ${owner}'s artifacts cannot be read`);
}

/** The list with one more; undefined where it has the name already. */
export function withName(
  found: unknown,
  owner: string,
  name: string,
): { readonly names: readonly string[] } | undefined {
  const names = namesIn(found, owner);
  if (names.includes(name)) return undefined;
  if (names.length < mostNames) return { names: [...names, name].sort() };
  throw new MeshError(
    MeshCode.Overloaded,
    `${owner} has ${names.length} artifacts, which is the most; put versions of those, or let another agent keep some`,
  );
}

export function unknownArtifact(
  owner: string,
  name: string,
  version: number | undefined,
): MeshError {
  const which = version === undefined ? "" : `, or not its version ${version}`;
  return new MeshError(MeshCode.UnknownArtifact, `${owner} has no artifact ${name}${which}`);
}

/** Whether the last version is what the same task or call would put now: it has been put already. */
export function isSame(
  last: Artifact,
  {
    sha256,
    type,
    maker,
  }: { readonly sha256: string; readonly type: string; readonly maker: Maker },
): boolean {
  const { task, call } = maker.facts;
  const isOurs = (task ?? call) !== undefined && last.task === task && last.call === call;
  return isOurs && last.sha256 === sha256 && last.contentType === type;
}

export function conflict(name: string, expected: number, now: number): MeshError {
  const detail = `the artifact ${name} is at version ${now}, not at ${expected}: somebody else has written; look at it again`;
  return new MeshError(MeshCode.Conflict, detail);
}

/** Throws `invalid_argument` unless it can name an artifact; answers with whose it is then. */
export function checkName(name: string, owner: string): string {
  if (typeof name === "string" && isArtifactName(name)) return owner;
  const came = JSON.stringify(name)?.slice(0, 80);
  const rule = `tokens joined by dots, each ${tokenRule}`;
  throw wrongArgument(`an artifact's name must be ${rule}, got ${came}`);
}

export function wrongArgument(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
