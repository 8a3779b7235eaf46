import { Store } from "@myelin/subjects";
import { type Author, EnvelopeCheck, type EnvelopeKind, type Trust } from "../../identity/index.ts";
import { movedType, type Original, readMoved } from "../dead/moved.ts";
import { refuseUnlessCanceller, refuseUnlessMover } from "../dead/roles.ts";
import { signedStored } from "../later/plan.ts";
import { ownAccount, signatureOf, signedType } from "../stored/verifying.ts";
import { readTaskHead } from "../tasks/task-message.ts";
import type { VerifyTask } from "./work-parts.ts";

/**
 * Checks who signed a task, judged at the time at which it was stored: it may have waited for days. Of one that was
 * moved, who moved it, and then who signed the original, as of then.
 */
export function verifyTasks(trust: Trust, account: () => string | undefined): VerifyTask {
  const check = new EnvelopeCheck(trust);
  return async (delivery, { submitter, canceller, agent }) => {
    const { message, sequence, storedAt } = delivery;
    const own = await ownAccount(trust, account(), "the task");
    const moved = readMoved(delivery);
    if (moved === undefined) {
      const task = { ...message, sequence, storedAt };
      const speaker = canceller ?? submitter;
      const by = await verifyOriginal(check, task, { kind: "task", target: agent, speaker, own });
      if (canceller !== undefined) refuseUnlessCanceller(by.role, canceller, submitter);
      return;
    }
    const { id, mover } = moved;
    const signed = signatureOf(message.head, `the move of task ${id}`);
    const author = await check.verify(
      {
        ...{ ...signed, id, storedAt, subject: message.subject },
        ...{ contentType: movedType, body: moved.signed, place: `${Store.tasks}:${sequence}` },
      },
      { kind: "moved", target: agent, speaker: mover, account: own },
    );
    refuseUnlessMover(moved, author.role, `task ${id}`);
    const { kind, agent: target, submitter: speaker } = moved.from;
    await verifyOriginal(check, moved.original, { kind, target, speaker, own });
  };
}

export interface Whose {
  readonly kind: Extract<EnvelopeKind, "task" | "later">;
  readonly target: string;
  readonly speaker: string;
  readonly own: string;
}

/** Who signed a message as it was stored first; throws `permission_denied` unless the one whose subject it has. */
export async function verifyOriginal(
  check: EnvelopeCheck,
  { subject, head, payload, sequence, storedAt }: Original,
  { kind, target, speaker, own }: Whose,
): Promise<Author> {
  const { id = "" } = readTaskHead(head);
  const signed = signatureOf(head, `the task ${id} of ${speaker}`);
  const stream = kind === "later" ? Store.later : Store.tasks;
  // When it shall be done is signed as well.
  const body = kind === "later" ? signedStored(head, payload) : payload;
  return check.verify(
    {
      ...{ ...signed, id, storedAt, subject, body },
      contentType: signedType(head),
      place: `${stream}:${sequence}`,
    },
    { kind, target, speaker, account: own },
  );
}
