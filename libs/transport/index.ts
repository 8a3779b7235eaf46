export { ControlReceiver } from "./control-receiver.ts";
export { type ForeignClaim, ForeignIncoming, type VerifyForeign } from "./foreign-incoming.ts";
export { HeldAttempts } from "./held.ts";
export { Inbox } from "./inbox.ts";
export { Incoming } from "./incoming.ts";
export { type ForeignLetter, Outgoing, type SignForeign } from "./outgoing.ts";
export { ask } from "./question.ts";
export type { SealedRequest } from "./request-codec.ts";
