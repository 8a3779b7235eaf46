import { adminScope, dayMs, guestScope, type MeshPolicy, workspaceOf } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readAccount } from "../../identity/index.ts";
import { readMeshFile } from "../mesh-file/read.ts";
import type { Identity } from "./credentials.ts";
import type { Home } from "./home.ts";
import type { Issued } from "./ledger.ts";
import { membersOf, placeOf } from "./members.ts";
import { notedHeld } from "./push.ts";
import { voidBy } from "./revocations.ts";
import { appliedText, newestVersion } from "./versions.ts";

/**
 * How it stands with credentials: `left` is whoever lost its role since, `expiring` has a week left at most. What is
 * revoked and not pushed still logs in: the servers were not seen to know of it.
 */
export type IdentityState =
  | "valid"
  | "expiring"
  | "expired"
  | "revoked"
  | "revoked, not pushed"
  | "left";

/** The newest credentials of a name in an account. */
export interface IdentityView extends Issued {
  readonly state: IdentityState;
  /** Where they were written. */
  readonly path: string;
}

/** A name in a workspace, or in every one where it is the only of its kind. */
export interface NameIn {
  readonly name: string;
  /** Default: the workspace that knows the name. */
  readonly workspace?: string | undefined;
}

const weekMs = 7 * dayMs;

/** What was applied last. */
export function appliedPolicy(home: Home): MeshPolicy {
  const text = appliedText(home, newestVersion(home));
  return readMeshFile(text, home.layout.applied);
}

/** What a name is by the policy that was applied last, such as `role:observer`; undefined where that has it not. */
export function roleOf(home: Home, { name, workspace }: NameIn): string | undefined {
  const all = membersOf(appliedPolicy(home)).filter((member) => member.name === name);
  return all.find(({ account }) => (workspace ?? account) === account)?.role;
}

/** Who has credentials, newest of each, by account and name. */
export function identities(home: Home): readonly IdentityView[] {
  const entries = home.ledger.entries();
  const isVoid = voidBy(entries);
  const members = new Set(membersOf(appliedPolicy(home)).map(placeOf));
  const newest = new Map<string, Issued>();
  for (const entry of entries) {
    if (entry.is === "issued") newest.set(`${entry.account}/${entry.name}`, entry);
  }
  const isInForce = revocationsHeld(home);
  const stateOf = (issued: Issued): IdentityState => {
    if (isVoid(issued)) return isInForce(issued) ? "revoked" : "revoked, not pushed";
    if (!isStanding(issued.role) && !members.has(placeOf(issued))) return "left";
    const leftMs = issued.expires.getTime() - home.now().getTime();
    if (leftMs <= 0) return "expired";
    return leftMs < weekMs ? "expiring" : "valid";
  };
  return [...newest.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, issued]) => ({
      ...issued,
      state: stateOf(issued),
      path: home.layout.creds(issued.account).of(issued.name),
    }));
}

/** Whether the home lets it in no more, whatever the servers know. */
export function isRevoked({ state }: Pick<IdentityView, "state">): boolean {
  return state === "revoked" || state === "revoked, not pushed";
}

/** Throws where there is no such workspace: neither in what was applied, nor was anything ever issued in it. */
export function checkWorkspace(home: Home, workspace: string | undefined): void {
  const known = Object.keys(appliedPolicy(home).workspaces);
  if (workspace === undefined || known.includes(workspace)) return;
  const issuedIn = home.ledger.entries().map(({ account }) => workspaceOf(account));
  if (issuedIn.includes(workspace)) return;
  throw invalid(`there is no workspace ${workspace} in mesh.yaml, only ${known.join(", ")}`);
}

/** The newest credentials of a name, in a workspace and its store; throws where none were issued. */
export function issuedTo(home: Home, wanted: NameIn): readonly IdentityView[] {
  checkWorkspace(home, wanted.workspace);
  const found = inOneWorkspace(identities(home), wanted);
  if (found.length > 0) return found;
  const { name, workspace } = wanted;
  const where = workspace === undefined ? "" : ` in workspace ${workspace}`;
  throw invalid(`nothing was issued to ${name}${where}; \`myelin identity ls\` shows to whom`);
}

/** What there is of a name, in its workspace and that one's store; throws where that are several workspaces. */
export function inOneWorkspace<Known extends Identity>(
  all: readonly Known[],
  { name, workspace }: NameIn,
): readonly Known[] {
  const found = all.filter(
    (one) =>
      one.name === name && (workspace ?? workspaceOf(one.account)) === workspaceOf(one.account),
  );
  const workspaces = [...new Set(found.map(({ account }) => workspaceOf(account)))];
  if (workspaces.length < 2) return found;
  throw invalid(`${name} is in ${workspaces.join(" and ")}; say which one with --workspace`);
}

/** Tells of revoked credentials whether the servers were seen to have that. */
function revocationsHeld(home: Home): (issued: Issued) => boolean {
  const held = new Map<string, Readonly<Record<string, Date>>>();
  return ({ account, user, at }) => {
    const known = held.get(account) ?? revocationsIn(notedHeld(home, account));
    held.set(account, known);
    const since = known[user];
    return since !== undefined && since.getTime() >= Math.floor(at.getTime() / 1_000) * 1_000;
  };
}

function revocationsIn(jwt: string | undefined): Readonly<Record<string, Date>> {
  return jwt === undefined ? {} : readAccount(jwt).revocations;
}

/** Roles that no mesh.yaml lists members of. */
function isStanding(role: string): boolean {
  return role === guestScope || role === adminScope;
}

function invalid(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
