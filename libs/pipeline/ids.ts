import { randomFillSync } from "node:crypto";

/**
 * Random ids from a pool of the system's secure generator: one system call for hundreds of ids, not one each.
 */
const pool = Buffer.allocUnsafe(12_288);
let used = pool.length;

/** An unguessable token of 96 bits: 16 characters that may stand in a subject. */
export function randomToken(): string {
  const at = take(12);
  return pool.toString("base64url", at, at + 12);
}

/** As many random bytes, in hexadecimal; never all zero, which W3C trace context forbids. */
export function hexId(bytes: 8 | 16): string {
  for (;;) {
    const at = take(bytes);
    const id = pool.toString("hex", at, at + bytes);
    if (id !== zeros[bytes]) return id;
  }
}

const zeros = { 8: "0".repeat(16), 16: "0".repeat(32) } as const;

function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const at = used;
  used += bytes;
  return at;
}
