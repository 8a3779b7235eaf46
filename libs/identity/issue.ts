import type { AccountExport, AccountImport } from "@myelin/subjects";
import { encodeAccount, encodeOperator, encodeUser } from "@nats-io/jwt";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Key, KeyKind } from "./key.ts";
import { asKeyPair } from "./key-pair.ts";
import { checkPublic } from "./key-text.ts";
import { accountLimits, nothing } from "./limits.ts";
import { checkAccountName, checkName, checkSubjects, checkTags, quoted } from "./names.ts";
import { encodeScope, type Scope } from "./scope.ts";

/** What an operator's JWT is to say. */
export interface OperatorOptions {
  readonly name: string;
  /** The operator's own key, which signs this JWT and nothing else. */
  readonly operator: Key;
  /** The public key that signs accounts. */
  readonly signing: string;
  /** The public key of the system account. */
  readonly systemAccount: string;
}

/** What an account's JWT is to say. */
export interface AccountOptions {
  readonly name: string;
  /** The account's public key. */
  readonly account: string;
  /** A signing key of the operator. */
  readonly signer: Key;
  readonly scopes: readonly Scope[];
  readonly exports: readonly AccountExport[];
  readonly imports: readonly AccountImport[];
  /** Whether it may keep streams. */
  readonly jetstream: boolean;
  /** By user's public key, or `*` for all: whatever was issued up to then is void. */
  readonly revocations: Readonly<Record<string, Date>>;
  /** Default: none. */
  readonly tags?: readonly string[];
  /** Default: never. */
  readonly expiresAt?: Date;
}

/** What a user's JWT is to say. */
export interface UserOptions {
  readonly name: string;
  /** The user's public key. */
  readonly user: string;
  /** The public key of the account it logs in to. */
  readonly account: string;
  /** A scoped signing key of that account; its scope holds the permissions. */
  readonly signer: Key;
  /** Default: never. */
  readonly expiresAt?: Date;
  /** Default: at once. */
  readonly notBefore?: Date;
  /** Default: none. */
  readonly tags?: readonly string[];
}

/** An operator's JWT, signed by itself. Its own key can sign no account, so it may be kept elsewhere. */
export async function issueOperator(options: OperatorOptions): Promise<string> {
  const { operator, signing, systemAccount } = options;
  checkKind("an operator's JWT", operator, "operator");
  const claims = {
    signing_keys: [checkPublic("the operator's signing key", "operator", signing)],
    system_account: checkPublic("the system account", "account", systemAccount),
    // The server takes nothing then that a main key signed: what is locked away need not come out.
    strict_signing_key_usage: true,
  };
  if (signing === operator.publicKey)
    throw invalid(
      "the operator's signing key must be another key than its own, which signs nothing else",
    );
  return await encodeOperator(
    checkName("an operator's name", options.name),
    asKeyPair(operator),
    claims,
  );
}

/** An account's JWT: who may log in as what, and what it shares. */
export async function issueAccount(options: AccountOptions): Promise<string> {
  const { account, signer, scopes } = options;
  checkKind("an account's JWT", signer, "operator");
  const claims = {
    limits: accountLimits(options.jetstream),
    signing_keys: uniqueScopes(account, scopes).map(encodeScope),
    exports: options.exports.map((one) => checkShared("exports", one)),
    imports: options.imports.map((one) => checkShared("imports", one)),
    revocations: encodeRevocations(options.revocations),
    default_permissions: nothing,
    tags: checkTags(options.tags ?? []),
  };
  return await encodeAccount(
    checkAccountName(options.name),
    checkPublic("an account", "account", account),
    claims,
    { signer: asKeyPair(signer), ...validity(options) },
  );
}

/** A user's JWT: a name and a key. What they may is said by the scope of the key that signs. */
export async function issueUser(options: UserOptions): Promise<string> {
  const { account, signer } = options;
  checkKind("a user's JWT", signer, "account");
  checkPublic("a user's account", "account", account);
  if (signer.publicKey === account)
    throw invalid(
      "a user is signed by a scoped signing key of its account, not by the account itself",
    );
  return await encodeUser(
    checkName("a user's name", options.name),
    checkPublic("a user", "user", options.user),
    account,
    { tags: checkTags(options.tags ?? []) },
    // The server refuses a scoped user that carries any permission or limit, defaults included.
    { signer: asKeyPair(signer), scopedUser: true, ...validity(options) },
  );
}

function uniqueScopes(account: string, scopes: readonly Scope[]): readonly Scope[] {
  const twice = scopes.find((scope, at) => scopes.findIndex(({ key }) => key === scope.key) !== at);
  if (twice !== undefined)
    throw invalid(`the signing key ${quoted(twice.key)} has two scopes; make a key for each role`);
  if (scopes.some(({ key }) => key === account))
    throw invalid("a scoped signing key must be another key than the account's own");
  return scopes;
}

function checkShared<T extends AccountExport | AccountImport>(what: string, shared: T): T {
  checkSubjects(`what an account ${what}`, [shared.subject]);
  if ("local_subject" in shared && shared.local_subject !== undefined)
    checkSubjects(`what an account ${what}`, [shared.local_subject]);
  if ("account" in shared)
    checkPublic(`the account of import ${shared.name}`, "account", shared.account);
  return shared;
}

function encodeRevocations(revocations: Readonly<Record<string, Date>>): Record<string, number> {
  const encoded = Object.entries(revocations).map(([user, at]) => {
    if (user !== "*") checkPublic("a revoked user", "user", user);
    return [user, unixSeconds(`the revocation of ${user}`, at)];
  });
  return Object.fromEntries(encoded);
}

function validity(options: { readonly expiresAt?: Date; readonly notBefore?: Date }): {
  exp?: number;
  nbf?: number;
} {
  const { expiresAt, notBefore } = options;
  return {
    ...(expiresAt !== undefined && { exp: unixSeconds("expiresAt", expiresAt) }),
    ...(notBefore !== undefined && { nbf: unixSeconds("notBefore", notBefore) }),
  };
}

function unixSeconds(what: string, at: Date): number {
  const seconds = Math.floor(at.getTime() / 1_000);
  if (seconds > 0) return seconds;
  throw invalid(`${what} must be a valid Date after 1970, got ${quoted(String(at))}`);
}

function checkKind(what: string, key: Key, kind: KeyKind): void {
  if (key.kind !== kind)
    throw invalid(
      `${what} is signed by a key of kind ${kind}, got the ${key.kind} key ${key.publicKey}`,
    );
}

function invalid(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
