import { Header } from "@myelin/subjects";
import { field, needle } from "./head.ts";
import { type RequestHead, writeRequestHead } from "./request-head.ts";
import { readSigned, type SignedHead, signedHeaders } from "./signed-head.ts";

/** What a call to another workspace bears beside the usual: its own name, and who signed it. */
export interface ForeignProof extends SignedHead {
  /** Names the attempt in cancel, credit and probes: the callee does not see the reply subject. */
  readonly token: string;
}

/** A complete block for a request to another workspace. */
export function writeForeignHead(head: RequestHead, proof: ForeignProof): string {
  const usual = writeRequestHead(head).slice(0, -"\r\n".length);
  const more = [[Header.token, proof.token], ...signedHeaders(proof)];
  return `${usual}${more.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** What a request from another workspace bears; undefined where a part is missing or cannot be one. */
export function readForeignProof(head: string): ForeignProof | undefined {
  const token = field(head, tokenNeedle) ?? "";
  const signed = readSigned(head);
  return signed !== undefined && tokenPattern.test(token) ? { token, ...signed } : undefined;
}

const tokenNeedle = needle(Header.token);

// At least 96 bits: whoever could guess it could cancel the call.
const tokenPattern = /^[A-Za-z0-9_-]{16,64}$/;
