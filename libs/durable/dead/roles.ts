import { type RoleName, scopeOf } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { MoveReason } from "./moved.ts";

/** Who may move what. The broker lets these alone publish under their name to any agent; this is the second lock. */
const movers: Readonly<Record<MoveReason, readonly RoleName[]>> = {
  redrive: ["operator", "keeper"],
  replay: ["operator", "auditor", "keeper"],
  later: ["keeper"],
};

/** Who may cancel what others submitted, for now or for later. */
const cancellers: readonly RoleName[] = ["operator", "keeper"];

/** Throws `permission_denied` unless a role may move what it moves, for this reason. */
export function refuseUnlessMover(
  { why, mover }: { readonly why: MoveReason; readonly mover: string },
  role: string,
  what: string,
): void {
  if (has(movers[why], role)) return;
  throw denied(`${mover} is ${role} and may not move ${what} (${why})`, movers[why]);
}

/** Throws `permission_denied` unless a role may cancel what a submitter has. */
export function refuseUnlessCanceller(role: string, by: string, submitter: string): void {
  if (has(cancellers, role)) return;
  throw denied(`${by} is ${role} and may not cancel what ${submitter} has`, cancellers);
}

function has(roles: readonly RoleName[], scope: string): boolean {
  return roles.some((role) => scopeOf(role) === scope);
}

function denied(detail: string, roles: readonly RoleName[]): MeshError {
  const those = roles.map(scopeOf).join(" or ");
  return new MeshError(MeshCode.PermissionDenied, `${detail}; ${those} may`);
}
