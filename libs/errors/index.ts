export { type CodeFacts, codeTable, isMeshCode, MeshCode } from "./codes.ts";
export { type DomainFailure, isMeshError, MeshError, type MeshErrorOptions } from "./mesh-error.ts";
