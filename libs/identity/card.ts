import { agentScope, callSubject, guestScope, Metadata } from "@myelin/subjects";
import { MeshError } from "../errors/index.ts";
import type { Chain } from "./chain.ts";
import { digestOf, isSignedBy, readStatement, type Statement, signStatement } from "./statement.ts";
import { isRecord } from "./token.ts";
import { Chains, type Signer, type Trust } from "./trust.ts";

/** An answer to `$SRV.INFO` (ADR-32), as JSON: the card of one instance. */
export type CardDocument = Readonly<Record<string, unknown>>;

/** What of a card is false; a label of few values. */
export type CardFault =
  | "card_unsigned"
  | "card_signer"
  | "card_signature"
  | "card_name"
  | "card_skills";

/** What is known of a card once it has been checked. */
export type CardVerdict =
  | {
      readonly is: "verified";
      readonly name: string;
      readonly instance: string;
      readonly role: string;
      /** The key that sealed payloads for this instance are sealed for. */
      readonly sealingKey: string | undefined;
    }
  | { readonly is: "refused"; readonly fault: CardFault; readonly why: string }
  /** Nobody's card can be judged: the JWT of our own account is not known. */
  | { readonly is: "unknown"; readonly why: string };

const purpose = "mesh.card.1";
const fieldCount = 4;
/** Deepest nesting of a document that is looked at; a card has four levels. */
const maxDepth = 16;

/** The two values of metadata that sign a card. All else that the document says is covered, but for these two. */
export function signCard(
  document: CardDocument,
  now: Date,
  { key, jwt }: Signer,
): Readonly<Record<string, string>> {
  const { name, id } = document;
  const fields = [String(name), String(id), now.getTime(), digestOf(canonical(document))];
  return { [Metadata.card]: signStatement(purpose, fields, key), [Metadata.signer]: jwt };
}

/** Checks cards: that the agent itself signed them, and claims no more than its issuer attests. */
export class CardCheck {
  readonly #trust: Trust;
  readonly #chains: Chains;

  constructor(trust: Trust) {
    this.#trust = trust;
    this.#chains = new Chains(trust);
  }

  /** Whether a card can be believed; never throws. `home` is the account of whoever asks, where that is known. */
  async verify(document: CardDocument, now: Date, home?: string): Promise<CardVerdict> {
    if (home !== undefined && (await this.#trust.accountJwt(home)) === undefined) {
      return { is: "unknown", why: `the JWT of account ${home} is published nowhere here` };
    }
    const metadata = record(document["metadata"]);
    const { [Metadata.card]: card, [Metadata.signer]: signer } = metadata;
    if (typeof card !== "string" || typeof signer !== "string") {
      return refused("card_unsigned", "its agent has not signed it");
    }
    let chain: Chain;
    try {
      chain = await this.#chains.verify(signer, now, home);
    } catch (error) {
      return refused("card_signer", MeshError.from(error).detail);
    }
    const statement = readStatement(card, fieldCount);
    return judge(document, statement, chain);
  }
}

function judge(
  document: CardDocument,
  statement: Statement | undefined,
  chain: Chain,
): CardVerdict {
  const { name, id, endpoints } = document;
  const { speaker, key } = chain;
  if (statement === undefined || !isSignedBy(statement, purpose, key)) {
    return refused("card_signature", `its signature is not that of ${speaker.name}`);
  }
  const [signedName, instance, , digest] = statement.fields;
  if (signedName !== name || instance !== id || digest !== digestOf(canonical(document))) {
    return refused("card_signature", `it was changed after ${speaker.name} signed it`);
  }
  if (name !== speaker.name || typeof id !== "string" || !mayServe(speaker)) {
    const says = `it says ${text(name)}, its signer is ${speaker.name} (${speaker.role})`;
    return refused("card_name", says);
  }
  const more = unattested(endpoints, speaker);
  if (more !== undefined) {
    const grant = `the issuer attests ${speaker.skills.join(", ") || "no skills"}`;
    return refused("card_skills", `it offers ${text(more)}, ${grant}`);
  }
  const sealingKey = record(document["metadata"])[Metadata.sealingKey];
  return Object.freeze({
    is: "verified",
    name: speaker.name,
    instance: id,
    role: speaker.role,
    sealingKey: typeof sealingKey === "string" ? sealingKey : undefined,
  });
}

/** Agents serve, and guests of a development mesh; people and services of a role do not. */
function mayServe({ role, name }: Chain["speaker"]): boolean {
  return role === agentScope(name) || role === guestScope;
}

/** The first endpoint that is not one of the attested skills at its own subject. */
function unattested(endpoints: unknown, { name, role, skills }: Chain["speaker"]): unknown {
  if (!Array.isArray(endpoints)) return "something unreadable";
  const every = role === guestScope || skills.includes("*");
  for (const endpoint of endpoints) {
    const { name: skill, subject } = record(endpoint);
    if (typeof skill !== "string" || !(every || skills.includes(skill))) return skill ?? "no name";
    if (subject !== callSubject(name, skill, "any", "*")) return subject ?? "no subject";
  }
  return undefined;
}

/** One text for one document, whatever the order of its keys; without what signs it. */
function canonical(document: CardDocument): string {
  const {
    [Metadata.card]: _card,
    [Metadata.signer]: _signer,
    ...rest
  } = record(document["metadata"]);
  return write({ ...document, metadata: rest }, maxDepth);
}

function write(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  // What is deeper counts as empty: nobody reads it either.
  if (depth === 0) return "{}";
  if (Array.isArray(value)) return `[${value.map((one) => write(one, depth - 1)).join(",")}]`;
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => `${JSON.stringify(key)}:${write(one, depth - 1)}`);
  return `{${entries.join(",")}}`;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function refused(fault: CardFault, why: string): CardVerdict {
  return { is: "refused", fault, why };
}

function text(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 80);
}
