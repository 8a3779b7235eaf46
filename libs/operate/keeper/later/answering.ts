import { listedState, StoreHeader, scheduleSubject } from "@myelin/subjects";
import {
  isPlanned,
  type LaterOrder,
  nextOf,
  type Page,
  readKept,
  statesOf,
  write,
} from "../../../durable/index.ts";
import type { Keeping } from "../keeping.ts";
import { addressOf, type Schedules } from "./schedules.ts";

/** Most schedules in one answer, and most messages that are looked at for it. */
const mostOnPage = 100;
const mostRead = 400;
/** Longest that somebody waits for an answer, with clocks that differ, in milliseconds. */
const mostWaitMs = 600_000;

/** Tells a submitter what it has for later of a skill, a part at a time: as a result of its question. */
export async function answerList(
  { vault, clock }: Keeping,
  schedules: Schedules,
  { order, from }: { readonly order: LaterOrder; readonly from: number },
): Promise<void> {
  // Nobody waits any more: it was asked while no keeper was there.
  if (Date.now() - order.original.storedAt.getTime() > mostWaitMs) return;
  const { agent, submitter } = order.address;
  const subject = statesOf({ submitter, task: order.id, agent })(listedState);
  await write(vault.store, clock, {
    subject,
    payload: JSON.stringify(await pageOf(schedules, order, from)),
    headers: [[StoreHeader.id, `listed ${order.original.sequence} ${order.id}`]],
  });
}

async function pageOf(schedules: Schedules, { address }: LaterOrder, from: number): Promise<Page> {
  const found: Page["schedules"][number][] = [];
  const now = new Date();
  let looked = 0;
  const subject = scheduleSubject({ ...address, id: "*" });
  for await (const stored of schedules.read(subject, { from: from || 1 })) {
    const at = addressOf(stored.subject);
    const kept = at === undefined ? undefined : readKept(at, stored);
    if (at !== undefined && kept !== undefined && isPlanned(kept.plan)) {
      const { plan, original } = kept;
      const isOver = plan.does === "again" && nextOf(plan, now) === undefined;
      if (!isOver) found.push({ id: at.id, plan, storedAt: original.storedAt.toISOString() });
    }
    looked++;
    if (found.length === mostOnPage || looked === mostRead) {
      return { schedules: found, next: stored.sequence + 1 };
    }
  }
  return { schedules: found };
}
