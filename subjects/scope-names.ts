import type { RoleName } from "./policy.ts";

/*
 * What a name's credentials say that it is, as the scoped signing keys of an account's JWT bear it: `agent:<name>`,
 * `role:<role>`, `guest` or `admin`. Rights hang on these texts: nobody else spells them.
 */

const agentPrefix = "agent:";
const rolePrefix = "role:";

/** Whoever joins a development mesh under any name. */
export const guestScope = "guest";

/** The mesh's own caretaking, such as `apply` does. */
export const adminScope = "admin";

/** A member of a role. */
export function scopeOf<Role extends RoleName>(role: Role): `role:${Role}` {
  return `${rolePrefix}${role}`;
}

/** An agent of this name. */
export function agentScope(name: string): string {
  return `${agentPrefix}${name}`;
}

/** Whether it is a member's of some role. */
export function isRoleScope(scope: string): boolean {
  return scope.startsWith(rolePrefix);
}

/** Whether it is some agent's. */
export function isAgentScope(scope: string): boolean {
  return scope.startsWith(agentPrefix);
}
