export { checkClaimed, leastPartBytes, readClaim, writeClaim } from "./claim.ts";
export { type ForeignProof, readForeignProof, writeForeignHead } from "./foreign-head.ts";
export { field, headerText, headLine, needle, serverField, statusOf } from "./head.ts";
export { json } from "./json.ts";
export { payloadOf } from "./payload.ts";
export { parseProtobuf } from "./protobuf.ts";
export { readReplay, writeReplay } from "./replay-mark.ts";
export {
  isErrorHead,
  isPlainAnswer,
  ReplyHeads,
  readContentType,
  readDomain,
  readError,
  readFrames,
  readFrom,
} from "./reply-head.ts";
export { type RequestHead, readRequestHead, writeRequestHead } from "./request-head.ts";
export { readSigned, type SignedHead, signedHeaders } from "./signed-head.ts";
