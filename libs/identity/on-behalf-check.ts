import { type Chain, clockSkewMs } from "./chain.ts";
import {
  type Block,
  behalfLimits,
  behalfPurpose,
  bindingOf,
  denied,
  readBlocks,
  type Vouched,
} from "./on-behalf.ts";
import { isSignedBy } from "./statement.ts";
import { Chains, type Trust } from "./trust.ts";

/** Between whom a token came: the agent that reads it, and who called it, as the broker enforced. */
export interface Between {
  readonly self: string;
  readonly caller: string;
  /** The account of both: names are unique in one workspace only. Undefined: any that is trusted. */
  readonly account?: string | undefined;
}

/** Checks tokens that speak of end users: who vouched, and that nobody on the way made more of it. */
export class OnBehalfCheck {
  readonly #chains: Chains;

  constructor(trust: Trust) {
    this.#chains = new Chains(trust);
  }

  /** On whose behalf the caller asks; throws `permission_denied` with the reason. */
  async verify(token: string, { self, caller, account }: Between, now: Date): Promise<Vouched> {
    const blocks = readBlocks(token);
    let before: Block | undefined;
    let signer = "";
    for (const [index, block] of blocks.entries()) {
      const chain = await this.#chains.verify(block.signer, now, account);
      signer = chain.speaker.name;
      checkSigner(block, chain, before);
      const bound = before === undefined ? "" : bindingOf(token, index);
      if (block.after !== bound) throw denied(`the part of ${signer} belongs to another token`);
      checkTimes(block, signer, now);
      if (before === undefined) checkLife(block, signer);
      if (before !== undefined) checkNarrower(block, signer, before);
      before = block;
    }
    const last = before ?? blocks[0];
    if (last.to !== self) throw denied(`it is for ${last.to}, not for ${self}`);
    if (signer !== caller) throw denied(`${signer} signed it, but ${caller} sent it`);
    const { user, scopes, expiresAt } = last;
    return Object.freeze({ user, scopes: Object.freeze([...scopes]), expiresAt, token });
  }
}

function checkSigner(block: Block, { speaker, key }: Chain, before: Block | undefined): void {
  const { name } = speaker;
  if (before === undefined && !speaker.vouches) {
    throw denied(
      `${name} may not speak for end users; \`vouches: true\` in mesh.yaml would let it, at ${speaker.role}`,
    );
  }
  if (before !== undefined && before.to !== name) {
    throw denied(`it was handed to ${before.to}, but ${name} handed it on`);
  }
  if (!isSignedBy(block.statement, behalfPurpose, key)) {
    throw denied(`a part of it is not signed by ${name}, whose it says it is`);
  }
}

function checkTimes({ issuedAt, expiresAt }: Block, signer: string, now: Date): void {
  if (issuedAt.getTime() > now.getTime() + clockSkewMs) {
    throw denied(`${signer} dated it ${issuedAt.toISOString()}, and now is ${now.toISOString()}`);
  }
  if (expiresAt.getTime() <= now.getTime()) {
    throw denied(`it expired at ${expiresAt.toISOString()}, and now is ${now.toISOString()}`);
  }
}

function checkLife({ issuedAt, expiresAt }: Block, signer: string): void {
  const lifeMs = expiresAt.getTime() - issuedAt.getTime();
  if (lifeMs <= behalfLimits.mostMs) return;
  throw denied(`${signer} made it for ${lifeMs} ms, at most ${behalfLimits.mostMs} are believed`);
}

function checkNarrower(block: Block, signer: string, before: Block): void {
  if (block.user !== before.user) {
    throw denied(`${signer} made ${block.user} of ${before.user}`);
  }
  const more = block.scopes.find((scope) => !before.scopes.includes(scope));
  if (more !== undefined) throw denied(`${signer} added the scope ${more}`);
  if (block.expiresAt.getTime() > before.expiresAt.getTime()) {
    throw denied(`${signer} made it last longer, until ${block.expiresAt.toISOString()}`);
  }
}
