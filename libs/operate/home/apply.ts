import { MeshError } from "../../errors/index.ts";
import { certifyClients } from "./certificates.ts";
import { publishAccounts } from "./configuration.ts";
import { issueCredentials, type Lasting, type Written } from "./credentials.ts";
import type { AccountDraft } from "./draft.ts";
import { writeWhole } from "./files.ts";
import { shareGuests } from "./guests.ts";
import type { Home } from "./home.ts";
import { locked } from "./lock.ts";
import { type Plan, upToDate } from "./plan.ts";
import { type Pushed, pushAll } from "./push-all.ts";
import type { Reach } from "./reach.ts";
import { fillResolver } from "./server-config.ts";
import { checkStores, type KeptStore, keepStores, lookAtStores } from "./stores.ts";
import { isNewPolicy, keepVersion } from "./versions.ts";

/** How to apply. */
export interface ApplyOptions extends Lasting {
  /** The servers to push to. Default: none, the accounts go into the server's folder for its next start. */
  readonly reach?: Reach | undefined;
  /** The number of the version that is applied again. Default: none. */
  readonly again?: number | undefined;
}

/** What was done. */
export interface Applied {
  /** The number it is kept under; absent where the policy is the one before. */
  readonly version: number | undefined;
  /** Accounts that the servers, or their folder, did not have like this. */
  readonly accounts: readonly string[];
  /** Those of them of which the servers had something that this home has no note of: another home may keep them. */
  readonly replaced: readonly string[];
  readonly credentials: readonly Written[];
  /** Names that left a role, and were cut off. */
  readonly departed: readonly string[];
  /** Account JWTs newly published as configuration. */
  readonly published: number;
  /** Why they could not be published; all else is done. */
  readonly unpublished: string | undefined;
  /** What was done to each workspace's streams and consumers, or why it could not be; all else is done. */
  readonly stores: readonly KeptStore[];
}

/**
 * Makes the mesh what the plan says, or leaves it as it was: the accounts that the servers took already are put back
 * when a later one fails. Done twice it does nothing the second time.
 */
export function applyPlan(home: Home, planned: Plan, options: ApplyOptions = {}): Promise<Applied> {
  return locked(home.layout.lock, async () => {
    const { reach } = options;
    const plan = await upToDate(home, planned);
    // Before anything is done: what cannot be changed in place stands against all of it.
    if (reach !== undefined) checkStores(await lookAtStores(home, plan.policy, reach));
    plan.ring.save();
    const pushed = reach === undefined ? offline(plan) : await pushAll(home, plan.accounts, reach);
    for (const entry of plan.departed) home.ledger.add(entry);
    saveAccounts(home, pushed.accounts);
    shareGuests(home, plan.policy);
    const credentials: Written[] = [];
    for (const identity of plan.credentials) {
      credentials.push(await issueCredentials(home, identity, options));
    }
    await certifyClients(home, plan.policy);
    const stores = reach === undefined ? [] : await keepStores(home, plan.policy, reach);
    const { published, unpublished } = await publish(home, plan, reach);
    return {
      version: keep(home, plan, options.again),
      accounts: pushed.names,
      replaced: pushed.replaced,
      credentials,
      departed: [...new Set(plan.departed.map(({ name }) => name))],
      published,
      unpublished,
      stores,
    };
  });
}

/** Whether anything at all was done. */
export function didNothing(applied: Applied): boolean {
  const { version, accounts, credentials, departed, published, stores } = applied;
  const isKept = stores.every(
    ({ made, changed, failure }) => made.length + changed.length === 0 && failure === undefined,
  );
  const many = accounts.length + credentials.length + departed.length + published;
  return version === undefined && many === 0 && isKept;
}

/** Keeps the accounts' JWTs, and gives them to the server for its next start. */
export function saveAccounts(home: Home, accounts: readonly AccountDraft[]): void {
  for (const { name, jwt, isChanged } of accounts) {
    if (isChanged) writeWhole(home.layout.account(name).jwt, `${jwt}\n`, "all");
  }
  fillResolver(home);
}

/** What a server that is not there is to find at its next start. */
function offline({ accounts }: Plan): Pushed {
  return {
    accounts,
    names: accounts.filter(({ isChanged }) => isChanged).map(({ name }) => name),
    replaced: [],
  };
}

async function publish(
  home: Home,
  { policy }: Plan,
  reach: Reach | undefined,
): Promise<Pick<Applied, "published" | "unpublished">> {
  if (reach === undefined) return { published: 0, unpublished: undefined };
  try {
    return { published: await publishAccounts(home, policy, reach), unpublished: undefined };
  } catch (error) {
    return { published: 0, unpublished: MeshError.from(error).detail };
  }
}

function keep(home: Home, plan: Plan, again: number | undefined): number | undefined {
  if (!isNewPolicy(home, plan.policy)) return undefined;
  const accounts = new Map(plan.accounts.map(({ name, jwt }) => [name, jwt]));
  return keepVersion(home, plan.text, {
    policy: plan.policy,
    accounts,
    again,
  });
}
