import { Header, laterSubject, type ScheduleAddress, StoreHeader } from "@myelin/subjects";
import type { Signer } from "../../identity/index.ts";
import { json } from "../../wire/index.ts";
import { envelopeHeaders, onceId } from "../stored/signing.ts";
import type { OutMessage } from "../stored/store.ts";
import { cancelId } from "../tasks/cancelling.ts";
import { type Plan, signedOrder, writePlan } from "./plan.ts";

/** Takes back what another submitter has for later, under the name of who does so. */
export function scheduleCancellation(
  { agent, skill, submitter, id }: ScheduleAddress,
  name: string,
  signer: Signer | undefined,
): OutMessage {
  const subject = laterSubject({ agent, skill, submitter: name });
  const plan: Plan = { does: "cancel", id, submitter };
  const text = writePlan(plan);
  const own = cancelId(id);
  const { contentType } = json;
  const about = { kind: "later", target: agent, subject, id: own, contentType } as const;
  return {
    ...{ subject, payload: "" },
    headers: [
      [StoreHeader.id, onceId()],
      [Header.later, text],
      [Header.id, own],
      ...envelopeHeaders({ ...about, payload: signedOrder(text, "") }, signer),
    ],
  };
}
