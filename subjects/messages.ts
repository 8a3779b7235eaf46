/** The mesh's own messages as TypeScript sees them: `mesh.proto` in proto3's JSON form. A test compares the two. */

export const PresenceState = Object.freeze({
  Ready: "READY",
  Full: "FULL",
  Draining: "DRAINING",
  Gone: "GONE",
} as const);

export type PresenceState = (typeof PresenceState)[keyof typeof PresenceState];

export interface Presence {
  readonly state: PresenceState;
  readonly version: string;
  /** Calls running and waiting. */
  readonly load: number;
  /** Calls it can run at once. */
  readonly room: number;
  /** When to expect the next beat. */
  readonly beatMs: number;
}

export type Control =
  | { readonly cancel: { readonly token: string } }
  | { readonly credit: { readonly token: string; readonly bytes: number } }
  | { readonly probe: { readonly tokens: readonly string[] } };

export interface ProbeReply {
  readonly instance: string;
  readonly held: readonly string[];
  readonly load: number;
}
