import { MeshCode, MeshError } from "../errors/index.ts";

/** What something that is done once more is a replay of. */
export interface Replay {
  /** The stream in which the original lies, and its place there. */
  readonly stream: string;
  readonly sequence: number;
  /** Whether it may reach others: call them, publish, store. */
  readonly onward: boolean;
}

/** Throws `permission_denied` for what a replay would do to others, unless whoever replays asked for that. */
export function staysInside(replay: Replay | undefined, what: string): void {
  if (replay === undefined || replay.onward) return;
  const { stream, sequence } = replay;
  throw new MeshError(
    MeshCode.PermissionDenied,
    `${what}: this is a replay of ${stream}:${sequence}, which stays where it is; replay it with \`onward\` to let it out`,
  );
}
