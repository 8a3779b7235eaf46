import {
  Box,
  CalleeForms,
  createCurveKey,
  deriveCurveKey,
  type PlainForms,
  Seals,
  type Signer,
} from "../identity/index.ts";
import type { Codec, Operation } from "../pipeline/index.ts";
import type { SealedRequest } from "../transport/index.ts";
import { json } from "../wire/index.ts";

/** Keys under which what is sealed for us is still opened: the one now, and the one before the last rotation. */
const mostKeys = 2;

/** The keys of one connection for sealed payloads. Makes none until one is needed. */
export class Sealing {
  readonly #signer: () => Signer | undefined;
  #own: Seals | undefined;
  #served: readonly Seals[] = [];
  /** The public key of the credentials from which the first of these was derived. */
  #derivedFrom: string | undefined;

  constructor(signer: () => Signer | undefined) {
    this.#signer = signer;
  }

  /** As a caller: a key of this connection alone, which lives no longer than it. */
  readonly own = (): Seals => {
    this.#own ??= new Seals(createCurveKey());
    return this.#own;
  };

  /** As an agent: the public key that callers seal for, the same for all instances with the same credentials. */
  get key(): string {
    return this.#serving()[0]?.publicKey ?? "";
  }

  /** Opens what a caller sealed for this agent; undefined where the content type is not that of a sealed request. */
  readonly unseal = (contentType: string, about: SealedRequest): Codec | undefined => {
    const sealer = pattern.exec(contentType)?.[1]?.toUpperCase();
    if (sealer === undefined) return undefined;
    const { operation, caller, id } = about;
    const box = new Box(this.#serving(), sealer);
    return new CalleeForms(box, { caller, key: operation.key, id }, (inner) =>
      formsOf(operation, inner),
    );
  };

  #serving(): readonly Seals[] {
    const key = this.#signer()?.key;
    if (this.#served.length > 0 && this.#derivedFrom === key?.publicKey) return this.#served;
    const seals = new Seals(key === undefined ? createCurveKey() : deriveCurveKey(key));
    this.#derivedFrom = key?.publicKey;
    this.#served = [seals, ...this.#served].slice(0, mostKeys);
    return this.#served;
  }
}

// Header values of content types are read in small letters; a key is written in capitals.
const pattern = /^application\/vnd\.myelin\.sealed; ?key=(x[a-z2-7]{55})$/;

function formsOf({ request, response }: Operation, contentType: string): PlainForms | undefined {
  if (contentType === json.contentType) return { request: json, response: json };
  return contentType === request.contentType ? { request, response } : undefined;
}
