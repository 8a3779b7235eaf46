/** The door for tools: who is there, what is being said, how the server is. An agent never needs it. */
export type { CallOutcome, SeenCall } from "./operate/calls.ts";
export {
  type Applied,
  type AppliedVersion,
  type ApplyOptions,
  addIdentity,
  appliedPolicy,
  appliedText,
  appliedVersions,
  applyPlan,
  type CertifyOptions,
  type ClusterOptions,
  certifyServer,
  didNothing,
  type Home,
  type IdentityFacts,
  type IdentityState,
  type IdentityView,
  type InitOptions,
  type InitResult,
  type InitStep,
  identities,
  identityFacts,
  initHome,
  isEmpty,
  type NameIn,
  newestVersion,
  openHome,
  type Plan,
  planApply,
  type Reach,
  type RevokedIdentity,
  renewAll,
  renewIdentity,
  revokeIdentity,
  type ServerOptions,
  serverConfig,
  type Written,
  writeServer,
} from "./operate/home/index.ts";
export {
  changeLine,
  diffPolicies,
  type PolicyChange,
  readMeshFile,
} from "./operate/mesh-file/index.ts";
export { type ObserverOptions, observe } from "./operate/observe.ts";
export { type AskOptions, type Beat, type Login, Observer } from "./operate/observer.ts";
export type { ServerFacts } from "./operate/server.ts";
export type {
  EndpointInfo,
  EndpointStats,
  ServiceInfo,
  ServiceStats,
} from "./operate/services.ts";
