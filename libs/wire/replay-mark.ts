import { Header } from "@myelin/subjects";
import type { Replay } from "../pipeline/index.ts";
import { malformed, quoted } from "./head.ts";

/** `MESH_RECORDS:17`, and what it may do. */
const pattern = /^([A-Z][A-Z0-9_]{0,31}):(\d{1,15})(; ?onward)?$/;

/** The value of a replay's header. */
export function writeReplay({ stream, sequence, onward }: Replay): string {
  return `${stream}:${sequence}${onward ? "; onward" : ""}`;
}

/** Reads it; throws `malformed_header`, since a mark that cannot be read must not pass for none. */
export function readReplay(text: string): Replay {
  const [whole, stream = "", sequence, onward] = pattern.exec(text) ?? [];
  if (whole !== undefined)
    return { stream, sequence: Number(sequence), onward: onward !== undefined };
  throw malformed(Header.replay, "<STREAM>:<sequence>, with `; onward` or without", quoted(text));
}
