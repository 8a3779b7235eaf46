export { codeTable, isMeshCode, MeshCode } from "./codes.ts";
export {
  type DomainFailure,
  isMeshError,
  MeshError,
  type MeshErrorOptions,
  type Reason,
  unknownSkill,
} from "./mesh-error.ts";
