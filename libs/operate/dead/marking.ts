import { Header, StoreHeader } from "@myelin/subjects";
import { onceId, type Put, write } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { systemClock } from "../../pipeline/index.ts";
import type { Standing } from "../standing.ts";
import type { DeadLetter } from "./letter.ts";
import { markerBody, markerSubject, type Outcome } from "./marker.ts";

/** Writes down what became of a letter; `outdated` where somebody else has done so before. */
export function mark(
  { store, name: by }: Standing,
  letter: DeadLetter,
  { outcome, to }: { readonly outcome: Outcome; readonly to: string },
): Promise<Put> {
  const subject = markerSubject(outcome, letter.subject, outcome === "dropped" ? undefined : to);
  if (subject === undefined) {
    throw new MeshError(MeshCode.InvalidArgument, `${letter.subject} is no dead letter`);
  }
  const { sequence, task } = letter;
  return write(store, systemClock, {
    subject,
    payload: markerBody({ letter: letter.subject, sequence, by, to }),
    headers: [
      [StoreHeader.id, onceId()],
      [Header.id, task],
    ],
  });
}
