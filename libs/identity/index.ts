export {
  CardCheck,
  type CardDocument,
  type CardFault,
  type CardVerdict,
  signCard,
} from "./card.ts";
export {
  type Chain,
  type ChainLinks,
  clockSkewMs,
  judgeChain,
  openChain,
  type Verified,
} from "./chain.ts";
export {
  type AccountClaims,
  type OperatorClaims,
  operatorKeys,
  readAccount,
  readOperator,
  readUser,
  type UserClaims,
} from "./claims.ts";
export { type Credentials, formatCredentials, parseCredentials } from "./credentials.ts";
export { type CurveKey, createCurveKey, curveKeyFromSeed, deriveCurveKey } from "./curve-key.ts";
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
  type OperatorOptions,
  type UserOptions,
} from "./issue.ts";
export {
  createKey,
  type Key,
  type KeyKind,
  keyFromSeed,
  openPublicKey,
  type PublicKey,
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
export { Recent } from "./recent.ts";
export type { ConnectionKind, Scope } from "./scope.ts";
export { Seals } from "./seal.ts";
export { Box } from "./sealed-box.ts";
export {
  type About,
  CalleeForms,
  CallerForms,
  type Form,
  type PlainForms,
} from "./sealed-forms.ts";
export {
  type SharedCall,
  SharedCallCheck,
  type SharedCallTerms,
  signSharedCall,
} from "./shared-call.ts";
export { digestOf } from "./statement.ts";
export { Chains, type Signer, type Trust } from "./trust.ts";
