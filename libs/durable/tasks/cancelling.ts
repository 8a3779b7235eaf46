import { ContentType, Header, isToken, StoreHeader, taskSubject } from "@myelin/subjects";
import { maxDeadlineMs } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import { json } from "../../wire/index.ts";
import { envelopeHeaders, onceId } from "../stored/signing.ts";
import type { OutMessage } from "../stored/store.ts";

/** How long a cancellation is worth doing, in milliseconds: no task outlives it. */
export const cancelLifeMs = maxDeadlineMs;

const prefix = "cancel:";

/** The id of what cancels a task; no task has it, since it is no token. */
export function cancelId(task: string): string {
  return prefix + task;
}

/** The task that the message of this id cancels; undefined when it is a task itself. */
export function cancelledBy(id: string): string | undefined {
  return id.startsWith(prefix) ? id.slice(prefix.length) : undefined;
}

/** Whose task somebody else cancels. */
export interface TaskCancellation {
  readonly id: string;
  readonly agent: string;
  readonly skill: string;
  readonly submitter: string;
  /** The name of who cancels it, as the broker enforces it. */
  readonly by: string;
}

/** An operator's cancellation of another one's task. */
export function taskCancellation(
  { id: task, agent, skill, submitter, by }: TaskCancellation,
  signer: Signer | undefined,
): OutMessage {
  const subject = taskSubject({ agent, skill, priority: "high", submitter: by });
  const id = cancelId(task);
  const payload = JSON.stringify({ submitter });
  const about = {
    kind: "task",
    target: agent,
    subject,
    id,
    contentType: ContentType.json,
  } as const;
  const headers = envelopeHeaders({ ...about, payload, lifeMs: cancelLifeMs }, signer);
  const own = [
    [StoreHeader.id, onceId()],
    [Header.id, id],
    [Header.timeout, cancelLifeMs],
  ] as const;
  return { subject, payload, headers: [...own, ...headers] };
}

/** Whose task a cancellation is about: the submitter's own, unless its body names another. */
export function cancelledFor(payload: Uint8Array, own: string): string {
  if (payload.length === 0) return own;
  const said = json.decode(payload) as { readonly submitter?: unknown } | null;
  const submitter = said?.submitter ?? own;
  if (typeof submitter === "string" && isToken(submitter)) return submitter;
  throw new MeshError(MeshCode.MalformedPayload, "an order to cancel names no submitter");
}
