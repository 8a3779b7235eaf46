import type { ConsumerName } from "./consumer-names.ts";
import { isToken, no, type Parsed, tokenRule } from "./grammar.ts";
import { Store } from "./stores.ts";

/*
 * Work for later, once its keeper has taken it: a schedule at the server, and what the server puts beside it when its
 * time has come. Both in one stream, which keeper's login to the store alone writes to.
 *
 * | subject | who publishes | who hears |
 * |---|---|---|
 * | `mesh.schedule.<agent>.<skill>.<submitter>.<id>` | keeper, in the store | the server |
 * | `mesh.due.<agent>.<skill>.<submitter>.<id>` | the server | keeper |
 */

/** One schedule: ids are one name space for each submitter and skill. */
export interface ScheduleAddress {
  readonly agent: string;
  readonly skill: string;
  readonly submitter: string;
  readonly id: string;
}

/** Where a schedule lies; with `*` for its id, every one of a submitter for a skill. */
export function scheduleSubject({ agent, skill, submitter, id }: ScheduleAddress): string {
  return `mesh.schedule.${agent}.${skill}.${submitter}.${id}`;
}

/** Where the server puts a copy of it when its time has come. */
export function dueSubject({ agent, skill, submitter, id }: ScheduleAddress): string {
  return `mesh.due.${agent}.${skill}.${submitter}.${id}`;
}

export function parseScheduleSubject(subject: string): Parsed<ScheduleAddress> {
  return parse(subject, "schedule");
}

export function parseDueSubject(subject: string): Parsed<ScheduleAddress> {
  return parse(subject, "due");
}

function parse(subject: string, kind: string): Parsed<ScheduleAddress> {
  const [mesh, second, ...tokens] = subject.split(".");
  if (mesh !== "mesh" || second !== kind || tokens.length !== 4) return no(`not a ${kind} subject`);
  if (!tokens.every(isToken)) return no(`a token is not ${tokenRule}`);
  const [agent = "", skill = "", submitter = "", id = ""] = tokens;
  return { ok: true, value: { agent, skill, submitter, id } };
}

/** What keeper takes orders for later from. */
export const laterConsumer: ConsumerName = Object.freeze({
  stream: Store.later,
  consumer: "keeper",
});

/** What keeper takes what is due from. */
export const dueConsumer: ConsumerName = Object.freeze({
  stream: Store.schedules,
  consumer: "keeper",
});

/** State in which keeper answers which schedules there are. */
export const listedState = "listed";
