export { checkAccountSize, maxAccountBytes } from "./account-size.ts";
export { changeLine, diffPolicies, type PolicyChange } from "./diff.ts";
export { readMeshFile } from "./read.ts";
export { type Member, members, type RoleScope, scopesOf } from "./scopes.ts";
