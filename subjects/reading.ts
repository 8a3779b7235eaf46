import { finalState, movedEventSubject } from "./durable.ts";
import type { Asks } from "./policy.ts";
import { Store, type StoreName, storeApi } from "./stores.ts";
import { every, parseSkillTarget } from "./targets.ts";

/*
 * Who reads which streams, each by name: a wildcard would open the next stream to everybody who has it. What calls and
 * their answers say is in MESH_RECORDS, and for auditors alone.
 */

/** Streams that an operator reads. */
export const operatorReads: readonly StoreName[] = Object.freeze([
  Store.tasks,
  Store.later,
  Store.schedules,
  Store.results,
  Store.events,
  Store.dead,
  Store.config,
  Store.advisories,
  Store.blobs,
  Store.artifacts,
  Store.conversations,
]);

/** Streams that an auditor reads, and replays. */
export const auditorReads: readonly StoreName[] = Object.freeze([
  Store.records,
  Store.tasks,
  Store.results,
  Store.events,
  Store.dead,
  // Payloads that were too large for their message.
  Store.blobs,
]);

/** To read every message of these streams. */
export function reading(streams: readonly StoreName[]): string[] {
  return streams.flatMap((stream) => [
    storeApi.message(stream),
    storeApi.last(stream, ">"),
    storeApi.batch(stream),
  ]);
}

/** To replay events into the subscriptions of those agents to which one may submit tasks; the subscriber judges who does. */
export function replayingEvents(name: string, { submits }: Asks): string[] {
  const agents = submits.flatMap((line) => {
    const target = parseSkillTarget(line);
    return target.ok && target.value.workspace === undefined ? [target.value.agent] : [];
  });
  return agents.map((agent) => movedEventSubject({ agent, follow: every, mover: name }));
}

/** Whose messages of a stream are meant; what is not said is any. */
export interface Meant {
  /** Of events: the publisher. */
  readonly agent?: string | undefined;
  readonly skill?: string | undefined;
  readonly caller?: string | undefined;
  readonly task?: string | undefined;
}

/** The subjects of messages that were recorded, by the streams in which they are. */
export function meantSubjects({
  agent = every,
  skill = every,
  caller = every,
  task = every,
}: Meant) {
  return Object.freeze({
    records: `mesh.record.${agent}.${skill}`,
    tasks: `mesh.task.${agent}.${skill}.${every}.${caller}`,
    results: `mesh.result.${caller}.${task}.${finalState}.${agent}`,
    events: `mesh.event.${agent}.>`,
    dead: `mesh.dead.${every}.${agent}.${skill}.${task}.${every}`,
  });
}
