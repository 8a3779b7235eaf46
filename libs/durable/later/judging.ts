import { coversSubject, ownName } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { Chains, EnvelopeCheck, type Trust } from "../../identity/index.ts";
import { readSigned } from "../../wire/index.ts";
import { refuseUnlessCanceller } from "../dead/roles.ts";
import { ownAccount } from "../stored/verifying.ts";
import { verifyOriginal } from "../work/verifying.ts";
import type { LaterOrder } from "./order.ts";

/** Judges orders for later twice: whose they are when they come, and whether those may still when they are due. */
export class OrderJudge {
  readonly #trust: Trust;
  readonly #account: () => string | undefined;
  readonly #check: EnvelopeCheck;
  readonly #chains: Chains;

  constructor(trust: Trust, account: () => string | undefined) {
    this.#trust = trust;
    this.#account = account;
    this.#check = new EnvelopeCheck(trust);
    this.#chains = new Chains(trust);
  }

  /** Throws `permission_denied` unless whoever's subject it has signed it, and may ask that. */
  async verify({ address, plan, original }: LaterOrder): Promise<void> {
    const own = await ownAccount(this.#trust, this.#account(), "the order");
    const { agent: target, submitter: speaker } = address;
    const author = await verifyOriginal(this.#check, original, {
      ...{ kind: "later", target, speaker, own },
    });
    const whose = (plan.does === "cancel" ? plan.submitter : undefined) ?? speaker;
    if (whose !== speaker) refuseUnlessCanceller(author.role, speaker, whose);
  }

  /** Throws `permission_denied` where its submitter was shut out since, or may not submit there any more. */
  async mayStill({ address, id, original }: LaterOrder, now: Date): Promise<void> {
    const own = await ownAccount(this.#trust, this.#account(), "the order");
    const signer = readSigned(original.head)?.signer ?? "";
    const { user, account } = await this.#chains.verify(signer, original.storedAt, own);
    const who = `${address.submitter}, whose ${id} is due,`;
    for (const key of [user.user, "*"]) {
      const since = account.revocations[key];
      if (since === undefined || since > now || user.issuedAt > since) continue;
      throw denied(`${who} is revoked since ${since.toISOString()}`);
    }
    const { publish = [] } = account.scopes.get(user.signingKey)?.permissions ?? {};
    const named = publish.map((right) => right.replaceAll(ownName, user.name));
    if (named.some((right) => coversSubject(right, original.subject))) return;
    const { agent, skill } = address;
    throw denied(`${who} may not submit to ${agent}.${skill} any more`);
  }
}

function denied(detail: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, detail);
}
