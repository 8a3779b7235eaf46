import { isRoleScope, type MeshPolicy } from "@myelin/subjects";
import { readAccount } from "../../identity/index.ts";
import { accountJwt, type Home } from "./home.ts";
import { type Entry, type Issued, leaving, type Revoked } from "./ledger.ts";
import { membersOf, placeOf } from "./members.ts";

/**
 * Who left a role: their credentials are signed by the role's key, which stays for the others.
 * An agent's own key goes with it, so agents need no revocation.
 */
export function departuresFrom(home: Home, policy: MeshPolicy): readonly Revoked[] {
  const entries = home.ledger.entries();
  const members = new Set(membersOf(policy).map(placeOf));
  const left = entries.filter(
    (entry): entry is Issued =>
      entry.is === "issued" && isRoleScope(entry.role) && !members.has(placeOf(entry)),
  );
  const isVoid = voidBy(entries);
  const at = home.now();
  return left
    .filter((entry) => !isVoid(entry))
    .map(({ account, name, role, user }) => ({
      is: "revoked",
      at,
      account,
      name,
      users: [user],
      why: leaving(role),
    }));
}

/** By user's key: everything issued up to then is void. The ledger decides; what the JWT says beside it stays. */
export function revocationsOf(
  home: Home,
  account: string,
  more: readonly Revoked[] = [],
): Record<string, Date> {
  const jwt = accountJwt(home, account);
  const found = new Map(Object.entries(jwt === undefined ? {} : readAccount(jwt).revocations));
  for (const entry of [...home.ledger.entries(), ...more]) {
    if (entry.is !== "revoked" || entry.account !== account) continue;
    for (const user of entry.users) {
      const before = found.get(user);
      if (before === undefined || before < entry.at) found.set(user, wholeSecond(entry.at));
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Tells of issued credentials whether they were revoked afterwards. */
export function voidBy(entries: readonly Entry[]): (issued: Issued) => boolean {
  const revoked = new Map<string, Date>();
  for (const entry of entries) {
    if (entry.is !== "revoked") continue;
    for (const user of entry.users) revoked.set(`${entry.account}/${user}`, entry.at);
  }
  return ({ account, user, at }) => {
    const since = revoked.get(`${account}/${user}`);
    return since !== undefined && wholeSecond(since) >= wholeSecond(at);
  };
}

/** A JWT counts in seconds. */
function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000);
}
