import {
  arrivedCallSubject,
  foreignCallSubject,
  foreignName,
  ownName,
  sharedCallThresholdMs,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { type Chain, clockSkewMs, type Verified } from "./chain.ts";
import { type Envelope, openEnvelope, signEnvelope } from "./envelope.ts";
import { EnvelopeCheck } from "./envelope-check.ts";
import { quoted } from "./names.ts";
import { isRecord } from "./token.ts";
import { Chains, type Signer, type Trust } from "./trust.ts";

/** One attempt at a call into another workspace, as both sides know it. */
export interface SharedCall {
  /** The public key of the caller's account: on the way the server writes it into the subject. */
  readonly account: string;
  readonly caller: string;
  readonly agent: string;
  readonly skill: string;
  readonly route: string;
  readonly id: string;
  /** Names the attempt: no two have the same. */
  readonly token: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** For whom a call is signed, when, and how long it is worth something. */
export interface SharedCallTerms {
  /** The callee's workspace, by the name that the caller has for it. */
  readonly workspace: string;
  readonly now: Date;
  readonly lifeMs: number;
}

/** Longest life of a signed call; the clocks of both sides may be apart. */
const mostLifeMs = sharedCallThresholdMs + 2 * clockSkewMs;

/** Signs a call to an agent of another workspace. */
export function signSharedCall(
  call: SharedCall,
  { workspace, now, lifeMs }: SharedCallTerms,
  signer: Signer,
): Envelope {
  const { contentType, body } = call;
  const letter = {
    kind: "call",
    target: targetOf(call, workspace),
    subject: subjectOf(call),
    id: idOf(call),
    issuedAt: now,
    expiresAt: new Date(now.getTime() + Math.ceil(lifeMs) + clockSkewMs),
    ...{ contentType, body },
  } as const;
  return signEnvelope(letter, signer);
}

/**
 * Checks calls that came from another workspace: who signed them, for whom, and that the issuer lets that user call
 * this skill.
 *
 * The server writes the caller's account into the subject. That is not enough: where somebody here calls into that
 * workspace, a responder there who plays along sends back what looks the same. So nothing is believed but what the
 * operator signed (the account's imports, the scope's permissions) and what the caller did.
 *
 * Of calls it has seen it remembers so many; one that is older than all of these can be repeated until it expires.
 */
export class SharedCallCheck {
  readonly #chains: Chains;
  readonly #envelopes: EnvelopeCheck;
  #checked = 0;

  constructor(trust: Trust, mostSeen = 50_000) {
    this.#chains = new Chains(trust);
    this.#envelopes = new EnvelopeCheck(trust, mostSeen);
  }

  /** Who calls the account `own`, whose user we are; throws `permission_denied` with the reason. */
  async verify(call: SharedCall & Envelope, own: string, now: Date): Promise<Verified> {
    const chain = await this.#chains.verify(call.signer, now, call.account);
    const workspace = grantedIn(chain, call, own);
    checkLife(call);
    const { id: _, ...rest } = call;
    return this.#envelopes.verify(
      {
        ...rest,
        id: idOf(call),
        subject: subjectOf(call),
        storedAt: now,
        // No call comes twice: what was seen at another place is refused.
        place: String(++this.#checked),
      },
      {
        kind: "call",
        target: targetOf(call, workspace),
        speaker: call.caller,
        account: call.account,
      },
    );
  }
}

/** The callee's workspace as the caller names it, where the issuer lets this user call this skill there. */
function grantedIn({ speaker, user, account }: Chain, call: SharedCall, own: string): string {
  const { agent, skill } = call;
  const theirs = arrivedCallSubject({ account: speaker.account, agent }, skill, "*", "*");
  const shared = account.imports.find(
    (one) => isRecord(one) && one["account"] === own && one["subject"] === theirs,
  );
  const local = isRecord(shared) ? shared["local_subject"] : undefined;
  const workspace = typeof local === "string" ? local.split(".")[2] : undefined;
  if (workspace === undefined) {
    throw refused(
      call,
      `${agent}.${skill} is not shared with ${speaker.workspace}; mesh.yaml would with shares: [{ skill: ${agent}.${skill}, with: [${speaker.workspace}] }]`,
    );
  }
  const allowed = account.scopes.get(user.signingKey)?.permissions.publish ?? [];
  const grants = [skill, "*"].flatMap((which) =>
    [speaker.name, ownName].map((name) =>
      foreignCallSubject({ workspace, agent }, which, "*", name),
    ),
  );
  if (grants.some((grant) => allowed.includes(grant))) return workspace;
  throw refused(
    call,
    `${speaker.name} of ${speaker.workspace} may not call it; mesh.yaml would let it with agents.${speaker.name}.calls: [${workspace}/${agent}.${skill}]`,
  );
}

function checkLife(call: SharedCall & Envelope): void {
  const { issuedAt, expiresAt } = openEnvelope(call);
  const lifeMs = expiresAt.getTime() - issuedAt.getTime();
  if (lifeMs <= mostLifeMs) return;
  throw refused(call, `it is signed for ${lifeMs} ms, at most ${mostLifeMs} are believed`);
}

/** As the callee hears it, which the caller knows beforehand. */
function subjectOf({ account, agent, skill, route, caller }: SharedCall): string {
  return arrivedCallSubject({ account, agent }, skill, route, caller);
}

function targetOf({ agent, skill }: SharedCall, workspace: string): string {
  return `${foreignName({ workspace, agent })}.${skill}`;
}

/** Neither an id nor a token has a space. */
function idOf({ id, token }: SharedCall): string {
  return `${id} ${token}`;
}

function refused({ agent, skill, id }: SharedCall, why: string): MeshError {
  return new MeshError(
    MeshCode.PermissionDenied,
    `the call ${quoted(id)} to ${agent}.${skill} from another workspace is refused: ${why}`,
  );
}
