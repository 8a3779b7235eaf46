export {
  CardCheck,
  type CardDocument,
  type CardFault,
  type CardVerdict,
  signCard,
} from "./card.ts";
export {
  type ChainLinks,
  clockSkewMs,
  judgeChain,
  openChain,
  type Verified,
} from "./chain.ts";
export {
  operatorKeys,
  readAccount,
  readOperator,
  readUser,
} from "./claims.ts";
export { type Credentials, formatCredentials, parseCredentials } from "./credentials.ts";
export { createCurveKey, curveKeyFromSeed, deriveCurveKey } from "./curve-key.ts";
export {
  type Envelope,
  type EnvelopeKind,
  type Letter,
  signEnvelope,
  signEnvelopes,
} from "./envelope.ts";
export { type Author, EnvelopeCheck, type Expected, type Stored } from "./envelope-check.ts";
export {
  type AccountOptions,
  issueAccount,
  issueOperator,
  issueUser,
  type UserOptions,
} from "./issue.ts";
export {
  createKey,
  type Key,
  type KeyKind,
  keyFromSeed,
  openPublicKey,
  verifySignature,
} from "./key.ts";
export { systemAccountName } from "./names.ts";
export {
  behalfLimits,
  handOn,
  type OnBehalf,
  type Vouched,
  type Vouching,
  vouch,
} from "./on-behalf.ts";
export { type Between, OnBehalfCheck } from "./on-behalf-check.ts";
export type { ConnectionKind, Scope } from "./scope.ts";
export { Seals } from "./seal.ts";
export { Box } from "./sealed-box.ts";
export {
  type About,
  CalleeForms,
  CallerForms,
  type PlainForms,
} from "./sealed-forms.ts";
export {
  type SharedCall,
  SharedCallCheck,
  signSharedCall,
} from "./shared-call.ts";
export { digestOf } from "./statement.ts";
export { Chains, type Signer, type Trust } from "./trust.ts";
