import type { MeshPolicy } from "@myelin/subjects";
import type { Identity } from "./credentials.ts";
import { type AccountDraft, draftAccounts } from "./draft.ts";
import { isThere } from "./files.ts";
import { accountJwt, type Home, operatorSigner } from "./home.ts";
import { KeyRing } from "./keys.ts";
import { hasLeft, type Revoked } from "./ledger.ts";
import { membersOf } from "./members.ts";
import { departuresFrom, voidBy } from "./revocations.ts";

/** What applying a policy would do. Nothing of it is done: the new keys exist in memory only. */
export interface Plan {
  readonly policy: MeshPolicy;
  /** mesh.yaml, as it is kept. */
  readonly text: string;
  readonly accounts: readonly AccountDraft[];
  /** Names that get credentials: those that have none that still count. */
  readonly credentials: readonly Identity[];
  /** Names that left a role. */
  readonly departed: readonly Revoked[];
  readonly ring: KeyRing;
  /** How many entries the ledger had when it was planned. */
  readonly entries: number;
}

/** Plans to make the mesh what the policy says. */
export async function planApply(
  home: Home,
  policy: MeshPolicy,
  text: string,
  ring: KeyRing = new KeyRing(),
): Promise<Plan> {
  const entries = home.ledger.entries().length;
  const departed = departuresFrom(home, policy);
  const drafting = { home, policy, ring, signer: operatorSigner(home), departed };
  const accounts = await draftAccounts(drafting);
  return { policy, text, accounts, credentials: missing(home, policy), departed, ring, entries };
}

/**
 * The plan, made anew where the home has changed since: a revocation in between would be undone by accounts that were
 * drafted before it, and keys that were made in between would be lost.
 */
export function upToDate(home: Home, plan: Plan): Plan | Promise<Plan> {
  const { policy, text, accounts, ring, entries } = plan;
  const isStanding =
    entries === home.ledger.entries().length &&
    accounts.every(({ name, before }) => accountJwt(home, name) === before) &&
    !ring.unsaved.some(isThere);
  return isStanding ? plan : planApply(home, policy, text);
}

/** Whether the home has everything already; what the server has is another matter. */
export function isEmpty({ accounts, credentials, departed }: Plan): boolean {
  return (
    credentials.length === 0 &&
    departed.length === 0 &&
    accounts.every(({ isChanged }) => !isChanged)
  );
}

/** Members without credentials. A revoked agent does not come back by itself: `identity add` lets it in again. */
function missing(home: Home, policy: MeshPolicy): readonly Identity[] {
  const entries = home.ledger.entries();
  const isVoid = voidBy(entries);
  const banned = new Set<string>();
  const have = new Set<string>();
  for (const entry of entries) {
    const place = `${entry.account}/${entry.name}`;
    if (entry.is === "revoked") {
      if (!hasLeft(entry)) banned.add(place);
      continue;
    }
    if (isVoid(entry)) continue;
    banned.delete(place);
    have.add(`${place}/${entry.role}`);
  }
  return membersOf(policy).filter(({ account, name, role }) => {
    const place = `${account}/${name}`;
    return !have.has(`${place}/${role}`) && !banned.has(place);
  });
}
