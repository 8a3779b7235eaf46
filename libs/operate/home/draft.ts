import {
  type AccountShape,
  accountShape,
  adminScope,
  isStoreAccount,
  type MeshPolicy,
  scopeOf,
  storeAccountName,
  storePermissions,
  type WorkspacePolicy,
} from "@myelin/subjects";
import { issueAccount, type Key, readAccount, systemAccountName } from "../../identity/index.ts";
import { checkAccountSize } from "../mesh-file/account-size.ts";
import { type RoleScope, scopesOf } from "../mesh-file/scopes.ts";
import { accountNames, saysTheSame } from "./accounts.ts";
import { accountJwt, type Home } from "./home.ts";
import type { KeyRing } from "./keys.ts";
import { laterThan } from "./later.ts";
import type { Revoked } from "./ledger.ts";
import { isLater } from "./reissue.ts";
import { revocationsOf } from "./revocations.ts";

/** An account as the policy wants it, signed; the JWT that is there already, where that says the same. */
export interface AccountDraft {
  readonly name: string;
  readonly publicKey: string;
  readonly jwt: string;
  /** The JWT that the home has now. */
  readonly before: string | undefined;
  readonly isChanged: boolean;
}

/** What every account is drafted with. */
export interface Drafting {
  readonly home: Home;
  readonly policy: MeshPolicy;
  readonly ring: KeyRing;
  readonly signer: Key;
  /** Revocations that are to go with it. */
  readonly departed: readonly Revoked[];
}

const everything = { publish: [">"], subscribe: [">"] } as const;
const nothingShared: AccountShape = { exports: [], imports: [] };

/** The accounts of all workspaces with their stores; one that left the policy lets nobody in any more. */
export async function draftAccounts(drafting: Drafting): Promise<readonly AccountDraft[]> {
  const { home, policy } = drafting;
  const drafts: AccountDraft[] = [];
  for (const [name, workspace] of Object.entries(policy.workspaces)) {
    const { workspace: shape, store } = accountShape(policy, name, (account) =>
      publicKeyOf(drafting, account),
    );
    const scopes = scopesOf(policy, name);
    const storeName = storeAccountName(name);
    // The store first: what a workspace imports is there when it is.
    drafts.push(await draft(drafting, storeName, { scopes: storeScopes(workspace), shape: store }));
    drafts.push(await draft(drafting, name, { scopes, shape }));
  }
  const wanted = new Set([systemAccountName, ...drafts.map(({ name }) => name)]);
  for (const name of accountNames(home).filter((account) => !wanted.has(account))) {
    drafts.push(await draft(drafting, name, { scopes: [], shape: nothingShared }));
  }
  return drafts;
}

/** The system account, which servers and `apply` itself log in to. */
export function draftSystem(drafting: Drafting): Promise<AccountDraft> {
  const scopes = [{ role: adminScope, skills: [], vouches: false, permissions: everything }];
  return draft(drafting, systemAccountName, { scopes, shape: nothingShared });
}

function storeScopes(workspace: WorkspacePolicy): readonly RoleScope[] {
  const caretaker = { skills: [], vouches: false, permissions: storePermissions() };
  const keeper = workspace.roles.keeper === undefined ? [] : [scopeOf("keeper")];
  return [adminScope, ...keeper].map((role) => ({ ...caretaker, role }));
}

async function draft(
  drafting: Drafting,
  name: string,
  { scopes, shape }: { readonly scopes: readonly RoleScope[]; readonly shape: AccountShape },
): Promise<AccountDraft> {
  const { home, signer } = drafting;
  const before = accountJwt(home, name);
  const account = publicKeyOf(drafting, name);
  const options = {
    name,
    account,
    signer,
    scopes: scopes.map((scope) => ({ ...scope, key: scopeKey(drafting, name, scope.role) })),
    ...shape,
    jetstream: isStoreAccount(name),
    revocations: revocationsOf(home, name, drafting.departed),
  };
  const jwt = await issueAccount(options);
  checkAccountSize(name, jwt);
  const facts = { name, publicKey: account, before };
  if (before === undefined) return { ...facts, jwt, isChanged: true };
  if (saysTheSame(before, jwt)) return { ...facts, jwt: before, isChanged: false };
  if (isLater(jwt, before)) return { ...facts, jwt, isChanged: true };
  await laterThan(before);
  return { ...facts, jwt: await issueAccount(options), isChanged: true };
}

/** The key of an account: of the JWT that is there, since the master seed may have been moved away. */
function publicKeyOf({ home, ring }: Drafting, name: string): string {
  const jwt = accountJwt(home, name);
  if (jwt !== undefined) return readAccount(jwt).account;
  const { master, keys } = home.layout.account(name);
  const options = { what: `the master seed of account ${name}`, beside: keys };
  return ring.master(master, "account", options).publicKey;
}

function scopeKey({ home, ring }: Drafting, account: string, role: string): string {
  const path = home.layout.account(account).key(role);
  return ring.key(path, "account", `the seed of ${role} in ${account}`).publicKey;
}
