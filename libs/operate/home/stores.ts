import { adminScope, type MeshPolicy, storeAccountName } from "@myelin/subjects";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import {
  checkPlan,
  type Provisioned,
  planStore,
  provisionStores,
  type StorePlan,
  type StoreSettings,
  type StoreView,
  viewStores,
} from "../stores/index.ts";
import { accountJwt, type Home } from "./home.ts";
import { Entrance, type Reach } from "./reach.ts";

/** What would be done to the streams of one workspace. */
export interface StoreOutlook {
  readonly workspace: string;
  /** Undefined where the servers do not tell. */
  readonly plan: StorePlan | undefined;
  /** Why not. */
  readonly unseen: string | undefined;
}

/** What was done to the streams of one workspace. */
export interface KeptStore extends Provisioned {
  readonly workspace: string;
  /** Why they could not be made as they shall be. */
  readonly failure: string | undefined;
}

/** The home's way into a workspace's store account. */
export function enterStore(home: Home, workspace: string, reach: Reach): Promise<Entrance> {
  const account = storeAccountName(workspace);
  return Entrance.open(home, { account, name: "apply", role: adminScope }, reach);
}

/** Compares the streams of each workspace with what the policy wants; changes nothing. */
export async function lookAtStores(
  home: Home,
  policy: MeshPolicy,
  reach: Reach,
): Promise<readonly StoreOutlook[]> {
  const outlooks: StoreOutlook[] = [];
  for (const [workspace, itsPolicy] of Object.entries(policy.workspaces)) {
    outlooks.push({ workspace, ...(await look(home, { workspace, policy: itsPolicy }, reach)) });
  }
  return outlooks;
}

async function look(
  home: Home,
  settings: StoreSettings,
  reach: Reach,
): Promise<Omit<StoreOutlook, "workspace">> {
  const { workspace } = settings;
  if (accountJwt(home, storeAccountName(workspace)) === undefined) {
    return { plan: undefined, unseen: "its account is not there yet" };
  }
  try {
    await using store = await enterStore(home, workspace, reach);
    return { plan: await planStore(store, settings), unseen: undefined };
  } catch (error) {
    if (!isUnseen(error)) throw error;
    return { plan: undefined, unseen: MeshError.from(error).what };
  }
}

/** Every stream and consumer that the policy asks for, with how full it is. */
export async function storeViews(
  home: Home,
  policy: MeshPolicy,
  reach: Reach,
): Promise<readonly StoreView[]> {
  const views: StoreView[] = [];
  for (const [workspace, itsPolicy] of Object.entries(policy.workspaces)) {
    await using store = await enterStore(home, workspace, reach);
    views.push(...(await viewStores(store, { workspace, policy: itsPolicy })));
  }
  return views;
}

/** Throws what stands against it. */
export function checkStores(outlooks: readonly StoreOutlook[]): void {
  for (const { workspace, plan } of outlooks) {
    if (plan !== undefined) checkPlan(workspace, plan);
  }
}

/** Makes and changes what the policy wants. One workspace's trouble does not keep the others from their streams. */
export async function keepStores(
  home: Home,
  policy: MeshPolicy,
  reach: Reach,
): Promise<readonly KeptStore[]> {
  const kept: KeptStore[] = [];
  for (const [workspace, itsPolicy] of Object.entries(policy.workspaces)) {
    try {
      await using store = await enterStore(home, workspace, reach);
      const done = await provisionStores(store, { workspace, policy: itsPolicy });
      kept.push({ workspace, ...done, failure: undefined });
    } catch (error) {
      const failure = MeshError.from(error).detail;
      kept.push({ workspace, made: [], changed: [], left: [], failure });
    }
  }
  return kept;
}

/** A server that is not there, keeps no streams, or does not know the account yet. */
function isUnseen(error: unknown): boolean {
  return isMeshError(error, MeshCode.Unavailable) || isMeshError(error, MeshCode.PermissionDenied);
}
