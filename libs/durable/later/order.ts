import {
  Header,
  isToken,
  type LaterAddress,
  laterSubject,
  parseLaterSubject,
  tokenRule,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { field, needle } from "../../wire/index.ts";
import type { Original } from "../dead/moved.ts";
import { unwrapHead, wrapHead, wrappedIn } from "../dead/origin.ts";
import type { Headers } from "../stored/store.ts";
import { readTaskHead } from "../tasks/task-message.ts";
import { type Plan, readPlan } from "./plan.ts";

/** An order for later, as it lies in its stream. */
export interface LaterOrder {
  readonly address: LaterAddress;
  /** Of the task or schedule; of a cancellation or question, its own. */
  readonly id: string;
  readonly plan: Plan;
  readonly original: Original;
}

/** Reads an order; throws what is wrong with it. Nobody is believed yet. */
export function readOrder(original: Original): LaterOrder {
  const address = parseLaterSubject(original.subject);
  const { id } = readTaskHead(original.head);
  const plan = readPlan(original.head);
  if (!address.ok) throw malformed(`${original.subject} is not the subject of work for later`);
  if (id === undefined || id.length > 128) throw malformed("an order for later needs an id");
  if (plan === undefined) {
    throw malformed(`${Header.later} must say when, as JSON; submit it with the library`);
  }
  // It is answered as a result, and so stands in a subject.
  if (plan.does === "list" && !isToken(id)) {
    throw malformed(`a question what there is for later needs an id that is ${tokenRule}`);
  }
  return { address: address.value, id, plan, original };
}

/** An order as it is kept with its schedule: its headers under other names, and where it was stored, and when. */
export function keptHeaders({ original }: Pick<LaterOrder, "original">): Headers {
  const { sequence, storedAt, head } = original;
  return [[Header.order, `${sequence} ${storedAt.getTime()}`], ...wrapHead(head)];
}

/** The order that a schedule, or what is due of it, carries out. */
export function readKept(
  address: LaterAddress,
  { head, payload }: Pick<Original, "head" | "payload">,
): LaterOrder | undefined {
  const place = readPlace(head);
  if (place === undefined) return undefined;
  const own = unwrapHead(wrappedIn(head));
  const { id } = readTaskHead(own);
  const plan = readPlan(own);
  if (id === undefined || plan === undefined) return undefined;
  return {
    ...{ address, id, plan },
    original: { subject: laterSubject(address), head: own, payload, ...place },
  };
}

/** Which order a schedule carries out, or which one took it back. */
export function readPlace(
  head: string,
): { readonly sequence: number; readonly storedAt: Date } | undefined {
  const [sequence, storedAt] = (field(head, orderNeedle) ?? "").split(" ").map(Number);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(storedAt)) return undefined;
  return { sequence: Number(sequence), storedAt: new Date(Number(storedAt)) };
}

const orderNeedle = needle(Header.order);

function malformed(detail: string): MeshError {
  return new MeshError(MeshCode.MalformedHeader, detail);
}
