import { ContentType } from "@myelin/subjects";
import type { Claim } from "../pipeline/index.ts";
import { readClaim, readContentType } from "../wire/index.ts";

/** A body that was too large for its message: only what stands for it came, and it lies in the store. */
export type KeptApart = Pick<Claim, "id" | "bytes" | "contentType">;

/** What stands for the body of a message; undefined where that is the body itself. */
export function keptApart({
  head,
  payload,
}: {
  readonly head: string;
  readonly payload: Uint8Array;
}): KeptApart | undefined {
  if (readContentType(head) !== ContentType.claim) return undefined;
  try {
    const { id, bytes, contentType } = readClaim(payload);
    return { id, bytes, contentType };
  } catch {
    // It says that it is one and is none: whoever looks gets what came.
    return undefined;
  }
}
