import { MeshCode, MeshError } from "../errors/index.ts";
import { type Chain, judgeChain, openChain } from "./chain.ts";
import { type AccountClaims, provable, readAccount, readUser, type UserClaims } from "./claims.ts";
import type { Key } from "./key.ts";
import { Recent } from "./recent.ts";

/** What somebody else's identity is judged by. */
export interface Trust {
  /** Public keys of the operator: its own and its signing keys. */
  readonly operatorKeys: readonly string[];
  /** The JWT of an account as it is now; undefined where nobody publishes it. */
  accountJwt(account: string): Promise<string | undefined>;
}

/** Who signs: a user's key, and the JWT that says whose it is. */
export interface Signer {
  readonly jwt: string;
  readonly key: Key;
}

/** Accounts whose JWT is kept as it was read; an agent meets its own, and those it shares skills with. */
const mostAccounts = 16;

/** Chains from a user to the operator: their signatures are checked once, their times on every use. */
export class Chains {
  readonly #trust: Trust;
  readonly #opened: Recent<string, Chain>;
  readonly #accounts = new Recent<string, AccountClaims>(mostAccounts);

  /** Keeps the chains of so many users in mind. */
  constructor(trust: Trust, most = 1_000) {
    this.#trust = trust;
    this.#opened = new Recent(most);
  }

  /**
   * Who the owner of this JWT was at that time; throws `permission_denied`, saying why nobody. Where an account is
   * named, nothing is asked of any other: whoever makes JWTs up would have us ask for as many.
   */
  async verify(user: string, at: Date, expected?: string): Promise<Chain> {
    const known = this.#opened.get(user);
    const { account } = known?.user ?? read(user);
    if (expected !== undefined && account !== expected) throw otherAccount(account, expected);
    const jwt = await this.#trust.accountJwt(account);
    if (jwt === undefined) throw unknownAccount(account);
    const claims = this.#read(jwt);
    let chain = known;
    if (chain?.account !== claims) {
      chain = openChain({ user, account: claims, operatorKeys: this.#trust.operatorKeys });
      this.#opened.set(user, chain);
    }
    judgeChain(chain, at);
    return chain;
  }

  /** An account's JWT may have a megabyte: it is read once for all its users. */
  #read(jwt: string): AccountClaims {
    const known = this.#accounts.get(jwt);
    if (known !== undefined) return known;
    const claims = provable(() => readAccount(jwt));
    this.#accounts.set(jwt, claims);
    return claims;
  }
}

function read(user: string): UserClaims {
  return provable(() => readUser(user));
}

function otherAccount(account: string, expected: string): MeshError {
  return new MeshError(
    MeshCode.PermissionDenied,
    `it is signed by a user of account ${account}, which is another workspace, and came from account ${expected}`,
  );
}

function unknownAccount(account: string): MeshError {
  return new MeshError(
    MeshCode.PermissionDenied,
    `the JWT of account ${account} is not known here, so nothing signed by its users can be verified`,
  );
}
