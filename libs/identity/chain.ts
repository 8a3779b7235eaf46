import { agentScope, isAgentScope, isToken, tokenRule } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import {
  type AccountClaims,
  isReadAccount,
  provable,
  readAccount,
  readUser,
  type UserClaims,
} from "./claims.ts";
import { openPublicKey, type PublicKey } from "./key.ts";
import { quoted } from "./names.ts";
import type { Scope } from "./scope.ts";

/** How far the clocks of two programs may be apart. */
export const clockSkewMs = 5 * 60_000;

/** Who speaks, as the issuer says. */
export interface Verified {
  readonly name: string;
  /** `agent:<name>`, `role:<role>` or `guest`. */
  readonly role: string;
  /** The skills that the issuer attests, `*` for every one. */
  readonly skills: readonly string[];
  readonly vouches: boolean;
  /** The account's name. */
  readonly workspace: string;
  readonly account: string;
  /** The user's public key. */
  readonly user: string;
}

/** The JWTs that lead from a user to an operator that is trusted. */
export interface ChainLinks {
  readonly user: string;
  /** The account's JWT, or its claims as `readAccount` gave them. */
  readonly account: string | AccountClaims;
  /** The public keys that may sign an account. */
  readonly operatorKeys: readonly string[];
}

/** A chain whose signatures and links hold; whether it holds at a time is for `judgeChain`. */
export interface Chain {
  readonly speaker: Verified;
  /** The user's public key, ready to check what it signed. */
  readonly key: PublicKey;
  readonly user: UserClaims;
  readonly account: AccountClaims;
}

/** Checks who signed whom, whatever the time; throws `permission_denied` and says which link does not hold. */
export function openChain(links: ChainLinks): Chain {
  const account = provable(() =>
    isReadAccount(links.account) ? links.account : readAccount(links.account),
  );
  const user = provable(() => readUser(links.user));
  if (!links.operatorKeys.includes(account.issuedBy)) {
    throw refused(
      `account ${quoted(account.name)} is signed by ${account.issuedBy}, which is no key of an operator trusted here; trust its operator, or take the account JWT from your own`,
    );
  }
  const scope = link(user, account);
  const key = openPublicKey(user.user);
  if (key === undefined) throw refused(`${user.user} is no public key`);
  const { role, skills, vouches } = scope;
  const names = { name: user.name, workspace: account.name };
  const keys = { account: account.account, user: user.user };
  const speaker = Object.freeze({ ...names, ...keys, role, skills, vouches });
  return Object.freeze({ speaker, key, user, account });
}

/**
 * Whether a chain holds at a time: for what is stored, the time at which the broker stored it.
 *
 * A revocation counts from its own moment on: what was stored before it was said by a user that was still good.
 * The account's JWT may be younger than that, since each change of the mesh writes a new one.
 */
export function judgeChain(chain: Chain, at: Date): Verified {
  const { user, account } = chain;
  const now = at.getTime();
  if (Number.isNaN(now))
    throw new MeshError(MeshCode.InvalidArgument, "the time to judge a chain at is no valid Date");
  const who = `${user.name} of ${account.name}`;
  judgeTimes(`the account JWT of ${account.name}`, account, now);
  judgeTimes(`the credentials of ${who}`, user, now);
  if (user.issuedAt.getTime() > now + clockSkewMs)
    throw refused(`the credentials of ${who} are not yet valid: ${issued(user)}, ${judged(at)}`);
  for (const revoked of [user.user, "*"]) {
    const since = account.revocations[revoked]?.getTime() ?? Number.POSITIVE_INFINITY;
    if (since > now || user.issuedAt.getTime() > since) continue;
    throw refused(
      `the credentials of ${who} are revoked since ${new Date(since).toISOString()}: ${issued(user)}, ${judged(at)}; issue new ones`,
    );
  }
  return chain.speaker;
}

/** The scope that makes this user one of this account. */
function link(user: UserClaims, account: AccountClaims): Scope {
  if (!isToken(user.name))
    throw refused(`credentials name ${quoted(user.name)}, which is not ${tokenRule}`);
  const who = `the credentials of ${user.name}`;
  if (user.account !== account.account) {
    throw refused(
      `${who} are for account ${user.account}, not for ${account.name} (${account.account})`,
    );
  }
  const scope = account.scopes.get(user.signingKey);
  if (scope === undefined) {
    throw refused(
      `${who} are signed by ${user.signingKey}, which is no scoped signing key of account ${account.name} now; issue new ones`,
    );
  }
  if (user.ownPermissions) {
    throw refused(
      `${who} carry permissions of their own; those of ${scope.role} are the account's to say`,
    );
  }
  // The permissions of an agent's key bear its name: the broker would let these credentials speak as that agent.
  if (isAgentScope(scope.role) && scope.role !== agentScope(user.name)) {
    throw refused(`${who} are signed with the key of ${scope.role}; a name and its key must agree`);
  }
  return scope;
}

function judgeTimes(
  what: string,
  { notBefore, expiresAt }: Pick<UserClaims, "notBefore" | "expiresAt">,
  now: number,
): void {
  const at = new Date(now);
  if (expiresAt !== undefined && now >= expiresAt.getTime() + clockSkewMs)
    throw refused(`${what} expired at ${expiresAt.toISOString()}, ${judged(at)}; issue new ones`);
  if (notBefore !== undefined && now < notBefore.getTime() - clockSkewMs)
    throw refused(`${what} is not yet valid, not before ${notBefore.toISOString()}, ${judged(at)}`);
}

function issued(user: UserClaims): string {
  return `issued at ${user.issuedAt.toISOString()}`;
}

function judged(at: Date): string {
  return `judged at ${at.toISOString()}`;
}

function refused(detail: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, detail);
}
