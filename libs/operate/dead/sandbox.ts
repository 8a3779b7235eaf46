import { ContentType, dayMs } from "@myelin/subjects";
import { Claims, type Original, originOf, stopOf } from "../../durable/index.ts";
import { systemClock } from "../../pipeline/index.ts";
import { readClaim, readContentType } from "../../wire/index.ts";
import type { Standing } from "../standing.ts";

/** As long as a task may wait, in milliseconds. */
const lifeMs = 7 * dayMs;

/**
 * Gives a sandbox the input of a task, where that was too large for its message: it is kept for the agent that the task
 * was written for, and nobody else may read it. The copy lies under the name of who moves the task.
 */
export async function copyForSandbox(
  { name, link, store }: Standing,
  { subject, head, payload }: Original,
  { to, signal }: { readonly to: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const from = originOf(subject);
  if (from === undefined || from.agent === to) return;
  if (readContentType(head) !== ContentType.claim) return;
  const claims = new Claims({ name, link, store, clock: systemClock });
  const kept = { claim: readClaim(payload), owner: from.submitter, reader: from.agent };
  const stop = stopOf(signal, `the copy of a payload for ${to}`);
  await claims.copy(kept, { reader: to, lifeMs, signal: stop });
}
