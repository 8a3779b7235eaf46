import { MeshCode, MeshError } from "../errors/index.ts";
import type { LargePayloads, Operation, Stop } from "../pipeline/index.ts";
import { readClaim } from "../wire/index.ts";
import { tooLargeFor } from "./parking.ts";

/** A payload that came as a claim, and what it is written in. */
export interface Unclaimed {
  readonly payload: Uint8Array;
  readonly contentType: string;
}

/** Brings what an agent of ours left in the store in place of its answer. */
export async function unclaim(
  body: Uint8Array,
  { agent, key, workspace }: Operation,
  { large, signal }: { readonly large: LargePayloads | undefined; readonly signal: Stop },
): Promise<Unclaimed> {
  const claim = readClaim(body);
  if (large === undefined || workspace !== undefined) {
    const detail = `${key} answered with ${claim.bytes} bytes in a store that cannot be read here`;
    throw new MeshError(MeshCode.PayloadTooLarge, detail, { origin: "peer" });
  }
  try {
    const payload = await large.fetch({ claim, owner: agent }, signal);
    return { payload, contentType: claim.contentType };
  } catch (error) {
    throw tooLargeFor(`the answer of ${key}`, error, "peer");
  }
}
