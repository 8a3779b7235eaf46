import { ContentType, Header, Store } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Author, EnvelopeCheck, type EnvelopeKind, type Trust } from "../../identity/index.ts";
import { field, needle, readSigned, type SignedHead } from "../../wire/index.ts";
import { type Moved, type MoveReason, movedType, type Original, readMoved } from "../dead/moved.ts";
import { signedStored } from "../later/plan.ts";
import { readTaskHead } from "../stored/delivery.ts";
import { refuseUnlessCanceller } from "../tasks/cancelling.ts";
import type { VerifyTask } from "./work-parts.ts";

const contentType = needle(Header.contentType);

/** Who may move what. The broker lets these alone publish under their name to any agent; this is the second lock. */
const movers: Readonly<Record<MoveReason, readonly string[]>> = {
  redrive: ["role:operator", "role:keeper"],
  replay: ["role:operator", "role:auditor", "role:keeper"],
  later: ["role:keeper"],
};

/**
 * Checks who signed a task, judged at the time at which it was stored: it may have waited for days. Of one that was
 * moved, who moved it, and then who signed the original, as of then.
 */
export function verifyTasks(trust: Trust, account: () => string | undefined): VerifyTask {
  const check = new EnvelopeCheck(trust);
  return async (delivery, { submitter, orderedBy, agent }) => {
    const { message, sequence, storedAt } = delivery;
    const own = await ownAccount(trust, account());
    const moved = readMoved(delivery);
    if (moved === undefined) {
      const task = { ...message, sequence, storedAt };
      const speaker = orderedBy ?? submitter;
      const by = await verifyOriginal(check, task, { kind: "task", target: agent, speaker, own });
      if (orderedBy !== undefined) refuseUnlessCanceller(by.role, orderedBy);
      return;
    }
    const signed = signatureOf(message.head, `the move of task ${moved.id}`);
    const { id, mover } = moved;
    const author = await check.verify(
      {
        ...{ ...signed, id, storedAt, subject: message.subject },
        ...{ contentType: movedType, body: moved.signed, place: `${Store.tasks}:${sequence}` },
      },
      { kind: "moved", target: agent, speaker: mover, account: own },
    );
    refuseUnlessMover(moved, author.role);
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
      contentType: field(head, contentType) ?? ContentType.json,
      place: `${stream}:${sequence}`,
    },
    { kind, target, speaker, account: own },
  );
}

/** The account whose users are believed; throws `unavailable` while its JWT is not known. */
export async function ownAccount(trust: Trust, own: string | undefined): Promise<string> {
  if (own !== undefined && (await trust.accountJwt(own)) !== undefined) return own;
  // Not the task's fault: the store may say it later.
  throw new MeshError(MeshCode.Unavailable, "who signed the task cannot be verified now");
}

/** Throws `permission_denied` where a message is not signed at all. */
export function signatureOf(head: string, what: string): SignedHead {
  const signed = readSigned(head);
  if (signed !== undefined) return signed;
  const detail = `${what} is not signed; write it with the library`;
  throw new MeshError(MeshCode.PermissionDenied, detail);
}

/** Throws `permission_denied` unless a role may move what it moves, for this reason. */
export function refuseUnlessMover(
  { why, mover, id }: Pick<Moved, "why" | "mover" | "id">,
  role: string,
): void {
  if (movers[why].includes(role)) return;
  const detail = `${mover} is ${role} and may not move task ${id} (${why}); ${movers[why].join(" or ")} may`;
  throw new MeshError(MeshCode.PermissionDenied, detail);
}
