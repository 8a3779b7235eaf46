import { MeshCode, MeshError } from "../errors/index.ts";
import { TreeCheck } from "./batch.ts";
import { clockSkewMs, type Verified } from "./chain.ts";
import {
  type Envelope,
  type EnvelopeKind,
  isEnvelopeOf,
  type OpenEnvelope,
  openEnvelope,
} from "./envelope.ts";
import { Recent } from "./recent.ts";
import { digestOf } from "./statement.ts";
import { Chains, type Trust } from "./trust.ts";

/** A signed message as it lies in its stream. */
export interface Stored extends Envelope {
  readonly subject: string;
  readonly id: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** When the broker stored it: what expiry and revocation are judged by. */
  readonly storedAt: Date;
  /** Where it lies, such as `MESH_TASKS:1207`: the same place again is a redelivery, another is a replay. */
  readonly place: string;
}

/** What a reader takes. */
export interface Expected {
  readonly kind: EnvelopeKind;
  readonly target: string;
  /** The name at the speaker's place of the subject; undefined where the reader judges the author itself. */
  readonly speaker: string | undefined;
  /** The account whose user it must be: names are unique in one workspace only. */
  readonly account: string;
}

/** Who wrote a message, and when. */
export interface Author extends Verified {
  readonly issuedAt: Date;
  readonly messageExpiresAt: Date;
}

/**
 * Checks signed messages: whose they are, and that nobody moved, changed or repeated them.
 *
 * Time and revocation are judged when the broker stored the message, not now: a task may wait for days. Of messages
 * it has seen it remembers so many; one that is older than all of these can be repeated until it expires.
 */
export class EnvelopeCheck {
  readonly #chains: Chains;
  readonly #seen: Recent<string, string>;
  readonly #trees = new TreeCheck();

  constructor(trust: Trust, mostSeen = 10_000) {
    this.#chains = new Chains(trust);
    this.#seen = new Recent(mostSeen);
  }

  /** Who wrote it; throws `permission_denied` with the reason. */
  async verify(stored: Stored, expected: Expected): Promise<Author> {
    const opened = openEnvelope(stored);
    compare(opened, stored, expected);
    checkTimes(opened, stored.storedAt);
    const { speaker, key } = await this.#chains.verify(
      stored.signer,
      stored.storedAt,
      expected.account,
    );
    if (expected.speaker !== undefined && speaker.name !== expected.speaker) {
      throw refused(
        opened,
        `${speaker.name} signed it, its subject speaks for ${expected.speaker}`,
      );
    }
    if (!isEnvelopeOf(opened, key, this.#trees)) {
      throw refused(opened, `its signature is not that of ${speaker.name}`);
    }
    this.#refuseTwice(opened, stored);
    return { ...speaker, issuedAt: opened.issuedAt, messageExpiresAt: opened.expiresAt };
  }

  #refuseTwice(opened: OpenEnvelope, { place }: Stored): void {
    // Not the signature: Ed25519 signatures of one message may differ, what is signed may not.
    const key = digestOf(opened.statement.body);
    const before = this.#seen.get(key);
    if (before !== undefined && before !== place) {
      throw refused(opened, `it was seen already, at ${before}, and now comes from ${place}`);
    }
    this.#seen.set(key, place);
  }
}

function compare(opened: OpenEnvelope, stored: Stored, expected: Expected): void {
  expect(opened, "kind", opened.kind, expected.kind);
  expect(opened, "target", opened.target, expected.target);
  expect(opened, "subject", opened.subject, stored.subject);
  expect(opened, "id", opened.id, stored.id);
  expect(opened, "content type", opened.contentType, stored.contentType);
  if (opened.digest === digestOf(stored.body)) return;
  throw refused(opened, `its body of ${stored.body.length} bytes was changed after it was signed`);
}

function expect(opened: OpenEnvelope, what: string, signed: string, came: string): void {
  if (signed === came) return;
  throw refused(opened, `it was signed for the ${what} ${quote(signed)}, not ${quote(came)}`);
}

function checkTimes(opened: OpenEnvelope, storedAt: Date): void {
  const { issuedAt, expiresAt } = opened;
  if (issuedAt.getTime() > storedAt.getTime() + clockSkewMs) {
    throw refused(opened, `it is dated ${iso(issuedAt)}, after it was stored at ${iso(storedAt)}`);
  }
  if (expiresAt.getTime() <= storedAt.getTime()) {
    throw refused(
      opened,
      `it expired at ${iso(expiresAt)}, before it was stored at ${iso(storedAt)}`,
    );
  }
}

function refused({ kind, id }: OpenEnvelope, why: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, `the ${kind} ${quote(id)} is refused: ${why}`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

function iso(date: Date): string {
  return date.toISOString();
}
