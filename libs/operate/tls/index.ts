export {
  type Authority,
  type AuthorityOptions,
  makeAuthority,
  readAuthority,
} from "./authority.ts";
export { type CertificateFacts, readCertificate } from "./facts.ts";
export {
  type ClientCertificateOptions,
  issueClientCertificate,
  issueServerCertificate,
  localNames,
  type ServerCertificateOptions,
} from "./issue.ts";
export type { Pair } from "./signing.ts";
