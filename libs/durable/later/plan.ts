import { dayMs, Header, isToken, type Priority, priorities } from "@myelin/subjects";
import { field, needle } from "../../wire/index.ts";

/** What an order for later asks of keeper; `Mesh-Later` as JSON. */
export type Plan =
  /** A task, once: at a time, or so long after the broker has stored the order. */
  | { readonly does: "once"; readonly at: string; readonly priority: Priority }
  | { readonly does: "once"; readonly delayMs: number; readonly priority: Priority }
  | Again
  /** To take back what is for later; operators alone name another submitter. */
  | { readonly does: "cancel"; readonly id: string; readonly submitter?: string }
  /** To tell what there is for later, from a place in the stream of schedules on. */
  | { readonly does: "list"; readonly from: number };

/** A task, again and again. */
export interface Again {
  readonly does: "again";
  /** Six fields, as the server takes them, or a name such as `@daily`. */
  readonly cron: string;
  readonly timezone?: string;
  /** No firing after this moment. */
  readonly until?: string;
  readonly priority: Priority;
}

/** A plan as a header carries it; what is in it was checked to be of ASCII before. */
export function writePlan(plan: Plan): string {
  return JSON.stringify(plan);
}

/** Reads what an order asks; undefined where it cannot be one. */
export function readPlan(head: string): Plan | undefined {
  const text = planText(head);
  if (text === undefined || text.length > mostText) return undefined;
  try {
    const plan: unknown = JSON.parse(text);
    return isPlan(plan) ? plan : undefined;
  } catch {
    // Bytes from whoever may publish there: what is no JSON asks for nothing.
    return undefined;
  }
}

/** What is signed of an order: when, and the body. */
export function signedOrder(plan: string, payload: Uint8Array | string): Uint8Array {
  return Buffer.concat([Buffer.from(`${plan}\n`), Buffer.from(payload)]);
}

/** The same of an order that was stored. */
export function signedStored(head: string, payload: Uint8Array): Uint8Array {
  return signedOrder(planText(head) ?? "", payload);
}

function planText(head: string): string | undefined {
  return field(head, planNeedle);
}

const planNeedle = needle(Header.later);
const mostText = 1_024;
/** Longest delay there is, in milliseconds: ten years. */
export const mostDelayMs = 3_653 * dayMs;

function isPlan(value: unknown): value is Plan {
  if (typeof value !== "object" || value === null) return false;
  const plan = value as Readonly<Record<string, unknown>>;
  const { does, priority, id, submitter, from } = plan;
  if (does === "cancel") return isName(id) && (submitter === undefined || isName(submitter));
  if (does === "list") return Number.isSafeInteger(from) && Number(from) >= 0;
  if (!priorities.some((one) => one === priority)) return false;
  if (does === "once") return isMoment(plan["at"]) !== isDelay(plan["delayMs"]);
  const { cron, timezone, until } = plan;
  return (
    does === "again" &&
    isText(cron) &&
    (timezone === undefined || isText(timezone)) &&
    (until === undefined || isMoment(until))
  );
}

function isName(value: unknown): boolean {
  return typeof value === "string" && isToken(value);
}

/** Printable ASCII: it goes into a header of the schedule. */
function isText(value: unknown): value is string {
  return typeof value === "string" && /^[ -~]{1,128}$/.test(value);
}

function isMoment(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

function isDelay(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= 0 && Number(value) <= mostDelayMs;
}

/** Whether it is a plan of work, once or again. */
export function isPlanned(value: unknown): value is Extract<Plan, { does: "once" | "again" }> {
  return isPlan(value) && (value.does === "once" || value.does === "again");
}
