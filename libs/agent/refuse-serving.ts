import { type Contract, checkContract } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";

/** A connection that is asked to serve. */
export interface Server {
  readonly name: string;
  readonly isClosing: boolean;
  /** Which agent it serves already. */
  readonly serves: string | undefined;
}

/** Why it is not heard; without skills there is nothing that a line of `mesh.yaml` could name. */
export function unserved({ name, skills }: Contract, refused: MeshError): MeshError {
  if (Object.keys(skills).length > 0) return refused;
  const detail = `serve ${name}: its contract has no skills, and mesh.yaml gives it none; to publish and to follow it need not serve`;
  return new MeshError(refused.code, detail, { cause: refused });
}

/** Throws why a connection does not serve a contract. */
export function refuseServing(contract: Contract, { name, isClosing, serves }: Server): void {
  checkContract("serve", contract);
  if (isClosing) {
    throw new MeshError(MeshCode.Closed, `serve ${contract.name}: this connection is closing`);
  }
  if (serves !== undefined) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `serve ${contract.name}: this connection serves ${serves} already; connect again for another`,
    );
  }
  if (contract.name !== name) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `serve ${contract.name}: this connection's name is ${name}; connect under the agent's own name`,
    );
  }
}
