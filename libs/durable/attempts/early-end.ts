import { MeshCode, MeshError } from "../../errors/index.ts";

/** How an attempt can end early, beside its deadline. */
export type EarlyEnd = keyof typeof codes;

/** Why it ended so; `what` it was an attempt at. */
export function earlyEnd(early: EarlyEnd, what: string): MeshError {
  return new MeshError(codes[early], `${what}: ${whys[early]}`);
}

const codes = {
  superseded: MeshCode.UnknownOutcome,
  cancelled: MeshCode.Cancelled,
  stopping: MeshCode.Draining,
} as const;

const whys = {
  superseded: "another attempt has taken over",
  cancelled: "its submitter cancelled it",
  stopping: "the instance stops, another attempt will be made",
} as const;
