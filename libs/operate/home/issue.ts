import { guestScope, workspaceOf } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { certifyClient, homeClient } from "./certificates.ts";
import {
  type Identity,
  issueCredentials,
  type Lasting,
  renewCredentials,
  type Written,
} from "./credentials.ts";
import { isThere } from "./files.ts";
import { type Home, roleKey } from "./home.ts";
import {
  appliedPolicy,
  checkWorkspace,
  type IdentityView,
  identities,
  inOneWorkspace,
  isRevoked,
  issuedTo,
  type NameIn,
} from "./identities.ts";
import { locked } from "./lock.ts";
import { membersOf } from "./members.ts";

/** Issues credentials with a new key to a name that mesh.yaml has, or to a guest where guests are welcome. */
export function addIdentity(
  home: Home,
  wanted: NameIn,
  lasting: Lasting = {},
): Promise<readonly Written[]> {
  return locked(home.layout.lock, () => issueAll(home, rolesOf(home, wanted), lasting));
}

async function issueAll(
  home: Home,
  wanted: readonly Identity[],
  lasting: Lasting,
): Promise<readonly Written[]> {
  // Nobody gets half of what belongs together: a key that is missing is told first.
  for (const { account, role } of wanted) roleKey(home, account, role);
  const written: Written[] = [];
  for (const identity of wanted) {
    written.push(await issueCredentials(home, identity, lasting));
    if (isThere(home.layout.client(homeClient).certificate)) {
      await certifyClient(home, identity.name);
    }
  }
  return written;
}

/** Gives credentials a later expiry, with the key that they have. */
export function renewIdentity(
  home: Home,
  wanted: NameIn,
  lasting: Lasting = {},
): Promise<readonly Written[]> {
  return renewEach(home, issuedTo(home, wanted), lasting);
}

/** Whose credentials to renew, and for how long. */
export interface RenewAllOptions extends Lasting {
  /** This workspace's and its store's only. Default: all there are, the home's own included. */
  readonly workspace?: string | undefined;
}

/** Renews everybody's credentials that are not void, and whose file is still in the home. */
export function renewAll(
  home: Home,
  { workspace, ...lasting }: RenewAllOptions = {},
): Promise<readonly Written[]> {
  checkWorkspace(home, workspace);
  const standing = identities(home).filter(
    (view) =>
      !isRevoked(view) &&
      view.state !== "left" &&
      (workspace ?? workspaceOf(view.account)) === workspaceOf(view.account) &&
      isThere(view.path),
  );
  return renewEach(home, standing, lasting);
}

function renewEach(
  home: Home,
  views: readonly IdentityView[],
  lasting: Lasting,
): Promise<readonly Written[]> {
  for (const view of views) refuseVoid(view);
  return locked(home.layout.lock, async () => {
    const written: Written[] = [];
    for (const { account, name, role } of views) {
      written.push(await renewCredentials(home, { account, name, role }, lasting));
    }
    return written;
  });
}

function refuseVoid(view: IdentityView): void {
  const { state, name, account } = view;
  if (isRevoked(view)) {
    throw invalid(
      `${name} was revoked in ${account}: its key does not come back; \`myelin identity add ${name}\` issues a new one`,
    );
  }
  if (state === "left") {
    throw invalid(
      `${name} is no longer in mesh.yaml as a member of ${account}; apply it with ${name} first`,
    );
  }
}

function rolesOf(home: Home, wanted: NameIn): readonly Identity[] {
  const { name, workspace } = wanted;
  const policy = appliedPolicy(home);
  const known = Object.keys(policy.workspaces);
  if (workspace !== undefined && !known.includes(workspace)) {
    throw invalid(`there is no workspace ${workspace} in mesh.yaml, only ${known.join(", ")}`);
  }
  const found = inOneWorkspace(membersOf(policy), wanted);
  if (found.length > 0) return found;
  const open = known.filter(
    (one) => policy.workspaces[one]?.guests === true && (workspace ?? one) === one,
  );
  const [account] = open;
  if (account !== undefined && open.length === 1) return [{ account, name, role: guestScope }];
  const where = workspace ?? known[0] ?? "<workspace>";
  throw invalid(
    `${name} is not in mesh.yaml; add it to workspaces.${where}.agents or to the members of one of ` +
      `workspaces.${where}.roles, and run \`myelin apply\`, which makes its credentials`,
  );
}

function invalid(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
