import { ownStoreApi, parseTaskSubject, Store, type StoreName } from "@myelin/subjects";
import type { AbandonedParts, TaskDelivery, VerifyTask } from "../../durable/index.ts";
import { type Stored, storedMessages } from "../stores/index.ts";
import type { Keeping } from "./keeping.ts";

/** What keeper ends tasks with. */
export function endingParts(
  { clock, vault, workspace, metrics }: Keeping,
  verify: VerifyTask | undefined,
): AbandonedParts {
  const { store, link, name: instance } = vault;
  return { clock, store, link, instance, signer: workspace.signer, verify, metrics };
}

/** A message of the stream of tasks as its consumer would deliver it. */
export function deliveryOf(stored: Stored, deliveries: number): TaskDelivery {
  const { subject, head, payload, sequence, storedAt } = stored;
  const address = parseTaskSubject(subject);
  return {
    ...{ deliveries, sequence, storedAt },
    message: { subject, head, payload, reply: "" },
    address: address.ok ? address.value : undefined,
  };
}

/** The message at a place of a stream; undefined when somebody has ended it meanwhile. */
export async function messageAt(
  vault: Keeping["vault"],
  stream: StoreName,
  from: number,
): Promise<Stored | undefined> {
  for await (const stored of storedMessages(vault, stream, { from, upTo: from })) return stored;
  return undefined;
}

/** Takes what is ended out of the stream of tasks; throws where it stays there. */
export async function removeTask(vault: Keeping["vault"], seq: number): Promise<void> {
  const question = JSON.stringify({ seq, no_erase: true });
  try {
    await vault.store.api(ownStoreApi.deleteMessage(Store.tasks), { question });
  } catch (error) {
    // Another keeper was quicker, or its worker's acknowledgement.
    if ((await messageAt(vault, Store.tasks, seq)) !== undefined) throw error;
  }
}
