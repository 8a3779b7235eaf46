import {
  agentPermissions,
  agentScope,
  guestPermissions,
  guestScope,
  type MeshPolicy,
  type Permissions,
  roleNames,
  rolePermissions,
  scopeOf,
} from "@myelin/subjects";

/** What one signing key gives to whom it signs for: a scope of the identity layer, without its key. */
export interface RoleScope {
  /** `agent:<name>`, `role:<role>` or `guest`. */
  readonly role: string;
  /** The skills that the issuer attests; `*` for every one. */
  readonly skills: readonly string[];
  readonly vouches: boolean;
  readonly permissions: Permissions;
}

/** Somebody who gets credentials, and by which scope. */
export interface Member {
  readonly name: string;
  readonly role: string;
}

/** Every scope of a workspace, in an order that depends on names only. */
export function scopesOf(policy: MeshPolicy, workspace: string): readonly RoleScope[] {
  const found = policy.workspaces[workspace];
  if (found === undefined) return [];
  const agents = Object.entries(found.agents).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const ofAgents = agents.map(([name, agent]) => ({
    role: agentScope(name),
    skills: agent.skills,
    vouches: agent.vouches,
    permissions: agentPermissions(name, agent, found),
  }));
  const ofRoles = roleNames.flatMap((name) => {
    const role = found.roles[name];
    if (role === undefined) return [];
    const { vouches } = role;
    return [{ role: scopeOf(name), skills: [], vouches, permissions: rolePermissions(name, role) }];
  });
  const guest = {
    role: guestScope,
    skills: ["*"],
    vouches: false,
    permissions: guestPermissions(),
  };
  return [...ofAgents, ...ofRoles, ...(found.guests ? [guest] : [])];
}

/** Everybody whom a workspace names. */
export function members(policy: MeshPolicy, workspace: string): readonly Member[] {
  const { agents = {}, roles = {} } = policy.workspaces[workspace] ?? {};
  return [
    ...Object.keys(agents).map((name) => ({ name, role: agentScope(name) })),
    ...roleNames.flatMap((role) =>
      (roles[role]?.members ?? []).map((name) => ({ name, role: scopeOf(role) })),
    ),
  ];
}
