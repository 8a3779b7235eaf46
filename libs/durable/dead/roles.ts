import { MeshCode, MeshError } from "../../errors/index.ts";
import type { MoveReason } from "./moved.ts";

/** Who may move what. The broker lets these alone publish under their name to any agent; this is the second lock. */
const movers: Readonly<Record<MoveReason, readonly string[]>> = {
  redrive: ["role:operator", "role:keeper"],
  replay: ["role:operator", "role:auditor", "role:keeper"],
  later: ["role:keeper"],
};

/** Who may cancel what others submitted, for now or for later. */
const cancellers: readonly string[] = ["role:operator", "role:keeper"];

/** Throws `permission_denied` unless a role may move what it moves, for this reason. */
export function refuseUnlessMover(
  { why, mover }: { readonly why: MoveReason; readonly mover: string },
  role: string,
  what: string,
): void {
  if (movers[why].includes(role)) return;
  throw denied(`${mover} is ${role} and may not move ${what} (${why})`, movers[why]);
}

/** Throws `permission_denied` unless a role may cancel what a submitter has. */
export function refuseUnlessCanceller(role: string, by: string, submitter: string): void {
  if (cancellers.includes(role)) return;
  throw denied(`${by} is ${role} and may not cancel what ${submitter} has`, cancellers);
}

function denied(detail: string, roles: readonly string[]): MeshError {
  return new MeshError(MeshCode.PermissionDenied, `${detail}; ${roles.join(" or ")} may`);
}
