import { maxHeaderBytes, mostMessageBytes } from "@myelin/subjects";
import type { Link } from "../../nats/index.ts";

/** Most bytes of headers and payload together of a message that is stored: what the server takes, and what streams do. */
export function mostStored({ maxPayload }: Pick<Link, "maxPayload">): number {
  return Math.min(maxPayload, mostMessageBytes);
}

/** Most bytes of its payload, with room for its headers, and for those it has as a dead letter. */
export function mostPayload(link: Pick<Link, "maxPayload">): number {
  return mostStored(link) - maxHeaderBytes;
}
