export { accountFacts } from "./accounts.ts";
export { type Applied, type ApplyOptions, applyPlan, didNothing } from "./apply.ts";
export { type CertifyOptions, certifyServer } from "./certificates.ts";
export type { Written } from "./credentials.ts";
export { type IdentityFacts, identityFacts } from "./facts.ts";
export { type Home, openHome } from "./home.ts";
export {
  appliedPolicy,
  checkWorkspace,
  type IdentityState,
  type IdentityView,
  identities,
  isRevoked,
  type NameIn,
  roleOf,
} from "./identities.ts";
export { type InitOptions, type InitResult, type InitStep, initHome } from "./init.ts";
export { addIdentity, type RenewAllOptions, renewAll, renewIdentity } from "./issue.ts";
export { isEmpty, type Plan, planApply } from "./plan.ts";
export { unpushed } from "./push-all.ts";
export type { Reach } from "./reach.ts";
export { type RevokedIdentity, revokeIdentity } from "./revoke.ts";
export {
  type ClusterOptions,
  type ServerOptions,
  serverConfig,
  writeServer,
} from "./server-config.ts";
export {
  enterStore,
  type KeptStore,
  lookAtStores,
  type StoreOutlook,
  storeViews,
} from "./stores.ts";
export { type AppliedVersion, appliedText, appliedVersions, newestVersion } from "./versions.ts";
