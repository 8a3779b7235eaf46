import type { Load } from "../support/drive.ts";

/** Who asks and who answers. `plain` is a plain client that asks agents of the mesh through their queue group. */
export type Kind = "raw" | "mesh" | "plain";

/** How an instance works: on all it was given at once, or on one after the other. */
export type Manner = "parallel" | "serial";

/** Where an instance is to be set up, and how long it takes for one call. */
export interface AgentPlace {
  readonly kind: "raw" | "mesh";
  readonly url: string;
  readonly workMs: number;
}

export interface CallerPlace {
  readonly kind: Kind;
  readonly url: string;
}

export interface Drive extends Load {
  readonly manner: Manner;
}

/** Asks once, of instances that work in that manner. */
export type Ask = (manner: Manner) => Promise<unknown>;
