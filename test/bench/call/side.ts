import type { Login } from "../support/login.ts";

/** The ways to call that are compared. */
export const kinds = ["raw", "mesh", "moleculer"] as const;

export type Kind = (typeof kinds)[number];

/** Where a side is to be set up. */
export interface Place {
  readonly kind: Kind;
  readonly url: string;
  /** What to log in with, over TLS. Default: nothing, in plain text. */
  readonly login?: Login | undefined;
  /**
   * Whether raw uses subjects and inboxes like those of the mesh, which permissions are made for.
   * Default: shorter ones of its own.
   */
  readonly isNamed?: boolean;
}

/** One way to call and to answer. */
export interface CallSide {
  /** Answers each payload with the same; resolves when it can be called. */
  readonly agent: (place: Place) => Promise<void>;
  /** Makes the function that asks once and brings the answer. */
  readonly caller: (place: Place) => Promise<() => Promise<unknown>>;
}

/** Loads one side, so that no process carries what it does not run. */
export async function load(kind: Kind): Promise<CallSide> {
  if (kind === "raw") return (await import("./raw.ts")).raw;
  if (kind === "mesh") return (await import("./mesh.ts")).mesh;
  return (await import("./moleculer.ts")).moleculer;
}
