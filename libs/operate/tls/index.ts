export {
  type Authority,
  makeAuthority,
  readAuthority,
} from "./authority.ts";
export { type CertificateFacts, readCertificate } from "./facts.ts";
export {
  issueClientCertificate,
  issueServerCertificate,
  localNames,
} from "./issue.ts";
export type { Pair } from "./signing.ts";
