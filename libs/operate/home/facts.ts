import type { Permissions } from "@myelin/subjects";
import { readAccount } from "../../identity/index.ts";
import { accountFacts } from "./accounts.ts";
import type { Home } from "./home.ts";
import { type IdentityView, issuedTo, type NameIn } from "./identities.ts";

/** Everything about a name in one account. */
export interface IdentityFacts extends IdentityView {
  /** How many keys it was ever given. */
  readonly keys: number;
  /** What the server lets it do; nothing where its role is gone. */
  readonly permissions: Permissions;
  /** What the issuer attests. */
  readonly skills: readonly string[];
}

const nothing: Permissions = Object.freeze({ publish: [], subscribe: [] });

/** What a name has and may, in a workspace and in its store. */
export function identityFacts(home: Home, who: NameIn): readonly IdentityFacts[] {
  return issuedTo(home, who).map((view) => {
    const { scopes } = readAccount(accountFacts(home, view.account).jwt);
    const scope = [...scopes.values()].find(({ role }) => role === view.role);
    const users = home.ledger.issued(view.account, view.name).map(({ user }) => user);
    return {
      ...view,
      keys: new Set(users).size,
      permissions: scope?.permissions ?? nothing,
      skills: scope?.skills ?? [],
    };
  });
}
