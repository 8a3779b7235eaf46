import { blobSubject, Store, StoreHeader } from "@myelin/subjects";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import {
  type HeldPayload,
  type KeptPayload,
  type LargePayloads,
  type Parking,
  randomToken,
  type Stop,
} from "../../pipeline/index.ts";
import { checkClaimed, writeClaim } from "../../wire/index.ts";
import { type Measure, Parts, type PartsParts, type Place } from "./parts.ts";
import { Room } from "./room.ts";

export interface ClaimsParts extends PartsParts {
  /** Under which name is written and read. */
  readonly name: string;
}

/** Most bytes that are on their way, and most that handlers work with, of one connection. */
const mostBytes = 268_435_456;
/** A blob stays a little longer than anybody waits for it, in milliseconds. */
const graceMs = 60_000;

/**
 * Keeps payloads in the store that are too large for a message, each for one reader.
 *
 * A claim says nothing of who wrote it: that is who spoke, as the server enforced it. So nobody can have another's
 * payload read in its own name, and only the one who is spoken to can read it.
 */
export class Claims implements LargePayloads {
  readonly #parts: ClaimsParts;
  readonly #store: Parts;
  readonly #moving = new Room(mostBytes);
  readonly #held = new Room(mostBytes);

  constructor(parts: ClaimsParts) {
    this.#parts = parts;
    this.#store = new Parts(parts);
  }

  /** Throws `payload_too_large` where nothing keeps it, `unavailable` or `overloaded` where it may be later. */
  async park(payload: Uint8Array | string, parking: Parking): Promise<string> {
    const { contentType, signal } = parking;
    const size = Buffer.byteLength(payload);
    checkClaimed(size);
    const leave = await this.#moving.enter(size, signal);
    try {
      const body = typeof payload === "string" ? Buffer.from(payload) : payload;
      const id = randomToken();
      const measure = await this.#write(body, { ...parking, id });
      return writeClaim({ ...measure, id, contentType });
    } catch (error) {
      throw this.#unkept(MeshError.from(error), size);
    } finally {
      leave();
    }
  }

  /** Keeps a payload once more, for another reader: the claim stays the same, its owner is oneself. */
  async copy(
    kept: Required<KeptPayload>,
    { signal, ...to }: Pick<Parking, "reader" | "lifeMs" | "signal">,
  ): Promise<void> {
    const { bytes, id, partBytes } = kept.claim;
    const leave = await this.#moving.enter(bytes, signal);
    try {
      const body = await this.#read(kept, signal);
      await this.#write(body, { ...to, id, signal, partBytes });
    } finally {
      leave();
    }
  }

  async fetch(kept: KeptPayload, signal: Stop | undefined): Promise<Uint8Array> {
    const { bytes } = kept.claim;
    checkClaimed(bytes);
    const leave = await this.#moving.enter(bytes, signal);
    try {
      return await this.#read(kept, signal);
    } finally {
      leave();
    }
  }

  async hold(kept: KeptPayload, signal: Stop): Promise<HeldPayload> {
    const { bytes } = kept.claim;
    checkClaimed(bytes);
    const release = await this.#held.enter(bytes, signal);
    try {
      const payload = await this.#read(kept, signal);
      return { payload, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #write(
    body: Uint8Array,
    about: Omit<Parking, "contentType"> & { readonly id: string; readonly partBytes?: number },
  ): Promise<Measure> {
    const { reader, id, lifeMs, signal, partBytes } = about;
    const place = placeOf({ owner: this.#parts.name, reader, id });
    const headers = [[StoreHeader.ttl, `${Math.ceil((lifeMs + graceMs) / 1_000)}s`]] as const;
    return this.#store.write(place, body, { headers, signal, partBytes });
  }

  async #read(
    { claim, owner, reader = this.#parts.name }: KeptPayload,
    signal: Stop | undefined,
  ): Promise<Uint8Array> {
    try {
      const place = placeOf({ owner, reader, id: claim.id });
      return await this.#store.read(place, claim, signal);
    } catch (error) {
      // Nothing ran yet: silence of the store leaves no outcome open.
      if (isMeshError(error, MeshCode.UnknownOutcome)) throw unavailable(error);
      throw error;
    }
  }

  /** Why a payload is not kept. Where no store takes any, it stays what it was: too large. */
  #unkept(error: MeshError, size: number): MeshError {
    const { link } = this.#parts;
    if (error.code === MeshCode.UnknownOutcome) return unavailable(error);
    const isAbsent =
      error.code === MeshCode.PermissionDenied ||
      (error.code === MeshCode.Unavailable && link.isUp && error.retryAfterMs === undefined);
    if (!isAbsent) return error;
    return new MeshError(
      MeshCode.PayloadTooLarge,
      `${size} bytes, the server takes ${link.maxPayload} in one message, and no store keeps more here (${error.detail}); send less, or a reference to it`,
      { cause: error },
    );
  }
}

function placeOf(address: {
  readonly owner: string;
  readonly reader: string;
  readonly id: string;
}): Place {
  return {
    stream: Store.blobs,
    subject: (part) => blobSubject(address, part),
    what: `the payload of ${address.owner} for ${address.reader}`,
  };
}

function unavailable(error: MeshError): MeshError {
  return new MeshError(MeshCode.Unavailable, error.detail, { cause: error });
}
