import { Header } from "@myelin/subjects";
import { field, needle } from "./head.ts";
import { type RequestHead, writeRequestHead } from "./request-head.ts";

/** What a call to another workspace bears beside the usual: its own name, and who signed it. */
export interface ForeignProof {
  /** Names the attempt in cancel, credit and probes: the callee does not see the reply subject. */
  readonly token: string;
  readonly envelope: string;
  readonly signer: string;
}

/** A complete block for a request to another workspace. */
export function writeForeignHead(
  head: RequestHead,
  { token, envelope, signer }: ForeignProof,
): string {
  const usual = writeRequestHead(head).slice(0, -"\r\n".length);
  const proof = `${Header.token}: ${token}\r\n${Header.envelope}: ${envelope}\r\n${Header.signer}: ${signer}\r\n`;
  return `${usual}${proof}\r\n`;
}

/** What a request from another workspace bears; undefined where a part is missing or cannot be one. */
export function readForeignProof(head: string): ForeignProof | undefined {
  const token = field(head, lines.token) ?? "";
  const envelope = field(head, lines.envelope);
  const signer = field(head, lines.signer);
  if (envelope === undefined || signer === undefined) return undefined;
  return tokenPattern.test(token) ? { token, envelope, signer } : undefined;
}

const lines = {
  token: needle(Header.token),
  envelope: needle(Header.envelope),
  signer: needle(Header.signer),
};

// At least 96 bits: whoever could guess it could cancel the call.
const tokenPattern = /^[A-Za-z0-9_-]{16,64}$/;
