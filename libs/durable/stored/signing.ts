import {
  digestOf,
  type EnvelopeKind,
  type Letter,
  type Signer,
  signEnvelope,
  signEnvelopes,
} from "../../identity/index.ts";
import { randomToken } from "../../pipeline/index.ts";
import { type SignedHead, signedHeaders } from "../../wire/index.ts";
import type { Headers } from "./store.ts";

/** What of a durable message is signed. */
export interface Signable {
  readonly kind: EnvelopeKind;
  readonly target: string;
  readonly subject: string;
  readonly id: string;
  readonly contentType: string;
  readonly payload: Uint8Array | string;
  /** Stored later than so many milliseconds from now it is worth nothing. Default: 600000. */
  readonly lifeMs?: number;
}

/** Longer than anybody goes on trying to store one message. */
const usualLifeMs = 600_000;

/** The headers that sign a message; none where there is nothing to sign with. */
export function envelopeHeaders(signable: Signable, signer: Signer | undefined): Headers {
  return signer === undefined ? [] : asHeaders(signEnvelope(dated(signable, new Date()), signer));
}

interface Waiting {
  readonly signable: Signable;
  readonly resolve: (headers: Headers) => void;
  readonly reject: (error: unknown) => void;
}

/** More would make a message's way to the signature longer, and save nothing any more. */
const mostAtOnce = 64;

/**
 * Signs what is written in one turn of the event loop together: a signature costs more than all else of a message.
 *
 * What is more than that waits for the next turn: over TLS only the first write of a turn leaves at once, and the
 * server would wait for it until all of a burst is signed.
 */
export class Signing {
  readonly #signer: () => Signer | undefined;
  readonly #waiting: Waiting[] = [];

  constructor(signer: () => Signer | undefined) {
    this.#signer = signer;
  }

  /** The headers that sign a message; none where there is nothing to sign with. */
  headers(signable: Signable): Promise<Headers> | Headers {
    if (this.#signer() === undefined) return [];
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ signable, resolve, reject }) === 1) process.nextTick(this.#sign);
    });
  }

  readonly #sign = (): void => {
    const waiting = this.#waiting.splice(0, mostAtOnce);
    if (this.#waiting.length > 0) setImmediate(this.#sign);
    const signer = this.#signer();
    try {
      const now = new Date();
      const signed =
        signer === undefined
          ? []
          : signEnvelopes(
              waiting.map(({ signable }) => dated(signable, now)),
              signer,
            );
      for (const [at, { resolve }] of waiting.entries()) resolve(asHeaders(signed[at]));
    } catch {
      // One that cannot be signed spoils it for nobody else.
      for (const { signable, resolve, reject } of waiting) {
        try {
          resolve(envelopeHeaders(signable, signer));
        } catch (error) {
          reject(error);
        }
      }
    }
  };
}

function dated(signable: Signable, issuedAt: Date): Letter<Uint8Array | string> {
  const { kind, target, subject, id, contentType, payload: body } = signable;
  const { lifeMs = usualLifeMs } = signable;
  const expiresAt = new Date(issuedAt.getTime() + lifeMs);
  return { kind, target, subject, id, contentType, body, issuedAt, expiresAt };
}

function asHeaders(signed: SignedHead | undefined): Headers {
  return signed === undefined ? [] : signedHeaders(signed);
}

/**
 * A message's id for the store, which nobody else can use up first.
 *
 * Ids are shared by all who write to a stream, and a known one could be taken before. So it is made with the key of
 * who writes, always the same for the same text, and no other can.
 */
export function messageId(what: string, signer: Signer | undefined): string {
  const text = `mesh.message-id.1\0${what}`;
  if (signer !== undefined) return signer.key.tag(text);
  return digestOf(text);
}

/** An id for a message that is written once: another try of the same writing is not stored again. */
export function onceId(): string {
  return randomToken();
}
