import { type MeshPolicy, scopeOf, storeAccountName } from "@myelin/subjects";
import { members } from "../mesh-file/scopes.ts";
import type { Identity } from "./credentials.ts";

/** Everybody whom the policy names, in every account that they log in to. */
export function membersOf(policy: MeshPolicy): readonly Identity[] {
  return Object.keys(policy.workspaces).flatMap((account) =>
    members(policy, account).flatMap((member) => [
      { ...member, account },
      // The durable side's caretaker works where the streams are.
      ...(member.role === scopeOf("keeper")
        ? [{ ...member, account: storeAccountName(account) }]
        : []),
    ]),
  );
}

/** What tells one from all others of the mesh. */
export function placeOf({ account, name, role }: Identity): string {
  return `${account}/${name}/${role}`;
}
