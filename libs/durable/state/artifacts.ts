import {
  artifactListSubject,
  artifactPartSubject,
  artifactRecordSubject,
  isToken,
  Store,
  tokenRule,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { randomToken } from "../../pipeline/index.ts";
import { checkClaimed } from "../../wire/index.ts";
import { digestOf, Parts, type PartsParts, type Place } from "../claims/parts.ts";
import { Room } from "../claims/room.ts";
import { stopOf } from "../claims/stop.ts";
import {
  type Artifact,
  type ArtifactContent,
  type Artifacts,
  artifactOf,
  checkName,
  conflict,
  type GetOptions,
  isSame,
  type ListOptions,
  type Maker,
  namesIn,
  type OfOptions,
  type PutOptions,
  unknownArtifact,
  withName,
  wrongArgument,
} from "./artifact.ts";
import {
  type ArtifactRecord,
  type ArtifactVersion,
  pick,
  readRecord,
  withVersion,
} from "./artifact-record.ts";
import { KeptDocuments } from "./kept-documents.ts";

export interface ArtifactsParts extends PartsParts {
  readonly name: string;
  readonly random: () => number;
}

/** Most bytes of artifacts that are on their way at once, of one connection. */
const mostBytes = 268_435_456;
/** Artifacts that are looked up at once. */
const atOnce = 16;

/** The artifacts of a workspace, as one name sees them: it writes its own, and reads those of whom it may ask. */
export class ArtifactStore {
  readonly #parts: ArtifactsParts;
  readonly #content: Parts;
  readonly #documents: KeptDocuments;
  readonly #room = new Room(mostBytes);

  constructor(parts: ArtifactsParts) {
    this.#parts = parts;
    this.#content = new Parts(parts);
    this.#documents = new KeptDocuments({ ...parts, stream: Store.artifacts });
  }

  /** The same for one maker: what it puts bears its task and trace. */
  of(maker: Maker): Artifacts {
    return Object.freeze({
      put: (name: string, content: string | Uint8Array, options?: PutOptions) =>
        this.#put(name, content, { ...options, maker }),
      get: (name: string, options?: GetOptions) => this.#get(name, options),
      list: (options?: ListOptions) => this.#list(options),
      versions: (name: string, options?: OfOptions) => this.#versions(name, options),
      rollBack: (name: string, version: number, options?: PutOptions) =>
        this.#rollBack(name, version, { ...options, maker }),
    });
  }

  async #put(
    name: string,
    content: string | Uint8Array,
    { maker, signal, contentType, note, expected }: PutOptions & { readonly maker: Maker },
  ): Promise<Artifact> {
    const owner = checkName(name, this.#parts.name);
    maker.mayWrite(`putting the artifact ${name}`);
    const body = typeof content === "string" ? Buffer.from(content) : content;
    if (!(body instanceof Uint8Array)) throw noContent(name, content);
    checkClaimed(body.length);
    const type = contentType ?? (typeof content === "string" ? text : binary);
    const leave = await this.#room.enter(body.length, stopOf(signal, `the artifact ${name}`));
    try {
      const sha256 = await digestOf(body);
      // An attempt that is made again has put it already.
      const [last] = await this.#versions(name, { ...(signal === undefined ? {} : { signal }) });
      if (last !== undefined && isSame(last, { sha256, type, maker })) return last;
      await this.#nameIt(name, signal);
      const id = randomToken();
      const measure = await this.#content.write(placeOf({ owner, name, id }), body, {
        headers: [],
        signal: stopOf(signal, `the artifact ${name}`),
      });
      const made = { ...measure, id, contentType: type, at: new Date().toISOString() };
      const added = { ...made, ...maker.facts, ...(note === undefined ? {} : { note }) };
      return await this.#add(name, () => added, { signal, expected });
    } finally {
      leave();
    }
  }

  async #get(name: string, { version, owner, signal }: GetOptions = {}): Promise<ArtifactContent> {
    const { of, record } = await this.#record(name, { owner, signal });
    const found = pick(record, version);
    if (found === undefined) throw unknownArtifact(of, name, version);
    const stop = stopOf(signal, `the artifact ${name}`);
    checkClaimed(found.bytes);
    const leave = await this.#room.enter(found.bytes, stop);
    try {
      const place = placeOf({ owner: of, name, id: found.id });
      const content = await this.#content.read(place, found, stop);
      return Object.freeze({ ...artifactOf(of, name, found), content });
    } finally {
      leave();
    }
  }

  async #versions(name: string, { owner, signal }: OfOptions = {}): Promise<readonly Artifact[]> {
    const { of, record } = await this.#record(name, { owner, signal });
    return record.versions.toReversed().map((version) => artifactOf(of, name, version));
  }

  async #list({ owner, task, signal }: ListOptions = {}): Promise<readonly Artifact[]> {
    const of = this.#ownerOf(owner);
    const names = namesIn(await this.#documents.read(artifactListSubject(of), signal), of);
    const found: Artifact[] = [];
    for (let at = 0; at < names.length; at += atOnce) {
      const batch = names.slice(at, at + atOnce);
      const all = await Promise.all(
        batch.map((name) =>
          this.#versions(name, { owner: of, ...(signal === undefined ? {} : { signal }) }),
        ),
      );
      // One that was named and never finished has no version.
      for (const versions of all) {
        const last = task === undefined ? versions[0] : versions.find((one) => one.task === task);
        if (last !== undefined) found.push(last);
      }
    }
    return found;
  }

  async #rollBack(
    name: string,
    version: number,
    { maker, signal, note, expected }: PutOptions & { readonly maker: Maker },
  ): Promise<Artifact> {
    const owner = checkName(name, this.#parts.name);
    maker.mayWrite(`rolling back the artifact ${name}`);
    const back = (record: ArtifactRecord): Omit<ArtifactVersion, "version"> => {
      const found = pick(record, version);
      if (found === undefined) throw unknownArtifact(owner, name, version);
      const { id, bytes, partBytes, sha256, contentType } = found;
      const content = { id, bytes, partBytes, sha256, contentType };
      const made = { at: new Date().toISOString(), rolledBackTo: version, ...maker.facts };
      return { ...content, ...made, ...(note === undefined ? {} : { note }) };
    };
    return this.#add(name, back, { signal, expected });
  }

  /** Adds a version; throws `conflict` where another one is there than was expected. */
  async #add(
    name: string,
    make: (record: ArtifactRecord) => Omit<ArtifactVersion, "version">,
    { signal, expected }: Guard,
  ): Promise<Artifact> {
    const owner = this.#parts.name;
    let added = withVersion({ versions: [] }, noVersion);
    await this.#documents.change(
      artifactRecordSubject(owner, name),
      (found) => {
        const record = readRecord(found, name);
        const now = record.versions.at(-1)?.version ?? 0;
        if (expected !== undefined && expected !== now) throw conflict(name, expected, now);
        added = withVersion(record, make(record));
        return added.record;
      },
      signal,
    );
    const last = added.record.versions.at(-1) ?? { ...noVersion, version: 0 };
    for (const { id, bytes, partBytes } of added.unneeded) {
      await this.#content.empty(placeOf({ owner, name, id }), Math.ceil(bytes / partBytes));
    }
    return artifactOf(owner, name, last);
  }

  /** Before its first version: what is in no list would be found by nobody. */
  #nameIt(name: string, signal: AbortSignal | undefined): Promise<void> {
    const owner = this.#parts.name;
    const add = (found: unknown): unknown => withName(found, owner, name);
    return this.#documents.change(artifactListSubject(owner), add, signal);
  }

  async #record(
    name: string,
    {
      owner,
      signal,
    }: { readonly owner: string | undefined; readonly signal: AbortSignal | undefined },
  ): Promise<{ readonly of: string; readonly record: ArtifactRecord }> {
    checkName(name, this.#parts.name);
    const of = this.#ownerOf(owner);
    const found = await this.#documents.read(artifactRecordSubject(of, name), signal);
    return { of, record: readRecord(found, `${of}'s ${name}`) };
  }

  #ownerOf(owner: string | undefined): string {
    if (owner === undefined) return this.#parts.name;
    if (isToken(owner)) return owner;
    throw wrongArgument(
      `artifacts.owner must be ${tokenRule}, got ${JSON.stringify(owner)?.slice(0, 80)}`,
    );
  }
}

/** What ends the writing, and after what it may be done. */
interface Guard {
  readonly signal: AbortSignal | undefined;
  readonly expected: number | undefined;
}

const text = "text/plain; charset=utf-8";
const binary = "application/octet-stream";
const noVersion = { id: "", bytes: 0, partBytes: 1, sha256: "", contentType: binary, at: "" };

function placeOf(of: {
  readonly owner: string;
  readonly name: string;
  readonly id: string;
}): Place {
  return {
    stream: Store.artifacts,
    subject: (part) => artifactPartSubject(of, part),
    what: `the artifact ${of.name} of ${of.owner}`,
  };
}

function noContent(name: string, content: unknown): MeshError {
  const detail = `the artifact ${name} must be text or a Uint8Array, got ${content === null ? "null" : typeof content}`;
  return new MeshError(MeshCode.InvalidArgument, detail);
}
