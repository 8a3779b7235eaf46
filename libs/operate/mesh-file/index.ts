export { checkAccountSize } from "./account-size.ts";
export { changeLine, diffPolicies, type PolicyChange } from "./diff.ts";
export { readMeshFile } from "./read.ts";
export { members, scopesOf } from "./scopes.ts";
