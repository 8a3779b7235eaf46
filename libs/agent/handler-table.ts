import type { Contract } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { RequestContext } from "./context.ts";

/** Handlers as data from outside the types: by skill. */
export type HandlerTable = Readonly<
  Record<string, (input: unknown, ctx: RequestContext) => unknown>
>;

/** Throws `invalid_argument` unless there is one handler for each skill, and none besides. */
export function checkHandlers(contract: Contract, handlers: HandlerTable): void {
  const missing = Object.keys(contract.skills).filter((skill) => {
    const isInherited = skill in Object.prototype && !Object.hasOwn(handlers, skill);
    return isInherited || typeof handlers[skill] !== "function";
  });
  const unknown = Object.keys(handlers).filter((skill) => !Object.hasOwn(contract.skills, skill));
  if (missing.length === 0 && unknown.length === 0) return;
  const lacks = missing.length === 0 ? "" : `; no handler for ${missing.join(", ")}`;
  const extra = unknown.length === 0 ? "" : `; no such skill: ${unknown.join(", ")}`;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `serve ${contract.name}: one handler per skill${lacks}${extra}`,
  );
}
