import type { Contract } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Operation } from "../../pipeline/index.ts";

/** Throws `invalid_argument` for a skill that no task can be of. */
export function refuseUnsuitable(contract: Contract, operation: Operation): void {
  const { skill, key, streams, sealed, workspace } = operation;
  const demandsUser = contract.skills[skill]?.demandsUser === true;
  const why =
    workspace !== undefined
      ? "tasks stay within a workspace"
      : streams
        ? "it streams; a task has one result, and tells its progress beside"
        : sealed
          ? "it is sealed for one instance, and nobody knows which one will take it"
          : demandsUser
            ? "it demands an end user, whose token would expire while the task waits"
            : undefined;
  if (why === undefined) return;
  throw new MeshError(MeshCode.InvalidArgument, `${key} cannot be submitted as a task: ${why}`);
}
