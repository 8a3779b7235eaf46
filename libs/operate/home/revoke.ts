import { isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { parseCredentials } from "../../identity/index.ts";
import { accountFacts } from "./accounts.ts";
import { saveAccounts } from "./apply.ts";
import { publishAccounts } from "./configuration.ts";
import type { AccountDraft } from "./draft.ts";
import { readSecret } from "./files.ts";
import { type Home, operatorSigner } from "./home.ts";
import { appliedPolicy, issuedTo, type NameIn } from "./identities.ts";
import { locked } from "./lock.ts";
import { push } from "./push.ts";
import { enterSystem } from "./push-all.ts";
import type { Reach } from "./reach.ts";
import { reissue } from "./reissue.ts";
import { revocationsOf } from "./revocations.ts";

/** What was revoked. */
export interface RevokedIdentity {
  readonly name: string;
  readonly accounts: readonly string[];
  /** How many keys it had been given over time. */
  readonly keys: number;
  /** Why other agents cannot read of it in the configuration; the servers have it all the same. */
  readonly unpublished: string | undefined;
}

/**
 * Shuts a name out: every key ever issued to it is void, its connections are cut, and nobody else notices.
 *
 * It is in the ledger before a server is asked. Where none can be reached it holds from the next `apply`, or from the
 * next start of a server on this home; the error says so.
 */
export function revokeIdentity(home: Home, who: NameIn, reach?: Reach): Promise<RevokedIdentity> {
  return locked(home.layout.lock, async () => {
    // Without it nothing can be revoked: told before anything is written.
    operatorSigner(home);
    const keys = keysOf(home, who);
    const at = home.now();
    for (const [account, users] of keys) {
      const { name } = who;
      home.ledger.add({ is: "revoked", at, account, name, users: [...users], why: "revoked" });
    }
    const drafts: AccountDraft[] = [];
    for (const account of keys.keys()) drafts.push(await reissued(home, account));
    saveAccounts(home, drafts);
    const unpublished = reach === undefined ? undefined : await tell(home, drafts, reach);
    const users = new Set([...keys.values()].flat());
    return { name: who.name, accounts: [...keys.keys()], keys: users.size, unpublished };
  });
}

/** By account: every key that was issued to the name, and the one in its file, which a guest made for itself. */
function keysOf(home: Home, who: NameIn): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  const add = (account: string, user: string): void => {
    found.set(account, (found.get(account) ?? new Set()).add(user));
  };
  for (const account of accountsOf(home, who)) {
    for (const { user } of home.ledger.issued(account, who.name)) add(account, user);
    const user = userInFile(home, account, who.name);
    if (user !== undefined) add(account, user);
  }
  return new Map([...found].map(([account, users]) => [account, [...users]]));
}

function accountsOf(home: Home, who: NameIn): readonly string[] {
  const guests = Object.keys(appliedPolicy(home).workspaces).filter(
    (workspace) =>
      (who.workspace ?? workspace) === workspace &&
      userInFile(home, workspace, who.name) !== undefined,
  );
  try {
    return issuedTo(home, who).map(({ account }) => account);
  } catch (error) {
    // A guest's credentials are made by its program: the ledger knows nothing of them.
    if (guests.length === 1) return guests;
    throw error;
  }
}

function userInFile(home: Home, account: string, name: string): string | undefined {
  // What is no name leads to a file elsewhere.
  if (!isToken(name)) return undefined;
  const path = home.layout.creds(account).of(name);
  try {
    const text = readSecret(path, `the credentials of ${name}`);
    return text === undefined ? undefined : parseCredentials(text).key.publicKey;
  } catch {
    // A broken file lets nobody in; what is in the ledger is revoked all the same.
    return undefined;
  }
}

async function reissued(home: Home, name: string): Promise<AccountDraft> {
  const { publicKey, jwt: before } = accountFacts(home, name);
  const revocations = revocationsOf(home, name);
  const jwt = await reissue(home, before, { after: before, revocations });
  return { name, publicKey, jwt, before, isChanged: true };
}

async function tell(
  home: Home,
  drafts: readonly AccountDraft[],
  reach: Reach,
): Promise<string | undefined> {
  try {
    await using system = await enterSystem(home, reach);
    for (const { jwt } of drafts) await push(home, system, jwt);
  } catch (error) {
    const { code, detail } = MeshError.from(error, MeshCode.Unavailable);
    const recorded =
      "the revocation is recorded but not in force yet: run `myelin apply` when the servers are there";
    throw new MeshError(code, `${detail}; ${recorded}`, { cause: error });
  }
  try {
    await publishAccounts(home, appliedPolicy(home), reach);
    return undefined;
  } catch (error) {
    return MeshError.from(error).detail;
  }
}
