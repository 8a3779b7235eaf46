import { type ConsumerName, followConsumer, taskConsumer } from "./consumer-names.ts";
import {
  checkpointState,
  eventSubject,
  finalState,
  keyState,
  priorities,
  recordSubject,
  resultSubject,
  runningState,
  triedState,
} from "./durable.ts";
import { callSubject, controlSubject, filters, inboxOf, presenceSubject } from "./grammar.ts";
import { blobsOfEvent } from "./kept.ts";
import { exchanging, readingArtifacts, readingEventBlobs } from "./kept-rights.ts";
import { laterConsumer } from "./later.ts";
import type { Asks, Permissions } from "./policy.ts";
import { askSubject, serviceSubjects, serviceVerbs } from "./services.ts";
import {
  foreignCallSubject,
  foreignControlSubject,
  foreignFilters,
  foreignInbox,
} from "./shared.ts";
import { ackSubjects, Store, storeApi } from "./stores.ts";
import { type EventTarget, every, parseEventTarget, parseSkillTarget } from "./targets.ts";

/*
 * A trailing `*` among what may be heard is as wide as `>`, since the server takes `a.>` where `a.*` is allowed: it
 * stands only where everything below belongs to the same agent, or is open to all.
 */

/** A part of what somebody may do; `combine` joins them. `name` is a name, or the server's template for it. */
export type Rights = Partial<Permissions>;

/** Everything together, each subject once and in order: the same grants give the same text. */
export function combine(...parts: readonly Rights[]): Permissions {
  const all = (list: "publish" | "subscribe" | "unheard"): readonly string[] =>
    Object.freeze([...new Set(parts.flatMap((part) => part[list] ?? []))].sort());
  const unheard = all("unheard");
  return Object.freeze({
    publish: all("publish"),
    subscribe: all("subscribe"),
    ...(unheard.length === 0 ? {} : { unheard }),
  });
}

/** Being there: to hear what is answered, and configuration. */
export function presentRights(name: string): Rights {
  return {
    publish: [storeApi.last(Store.config, "mesh.config.>")],
    subscribe: [ownInbox(name), "mesh.config.>"],
  };
}

/** Every subject in somebody's own inbox. */
export function ownInbox(name: string): string {
  return `${inboxOf(name)}.>`;
}

/** Serving skills: to hear one's calls, to be seen, and to answer. */
export function servingRights(name: string): Rights {
  return {
    publish: [
      filters.everyInbox,
      presenceSubject(name, every),
      // Always, so that recording is switched on and off without a new login.
      recordSubject({ agent: name, skill: every }),
      ...exchanging(name),
    ],
    subscribe: [
      callSubject(name, every, every, every),
      controlSubject(name, every, every),
      filters.presence(name),
      // Each verb by name: who may hear `$SRV.*` may hear `$SRV.>`, and answer for anybody.
      ...serviceVerbs.map((verb) => askSubject(verb)),
      ...serviceSubjects(every, name, every).slice(1),
      // Nothing comes there unless a skill is shared.
      foreignFilters.calls(name, every),
      foreignFilters.control(name, every),
    ],
  };
}

/** Answering other workspaces; the server makes the subjects that are answered to. */
export const sharingRights: Rights = Object.freeze({ publish: [`${foreignInbox}>`] });

/** Working on tasks: to take one's own, and to tell how they end. */
export function workingRights(name: string): Rights {
  const results = `mesh.result.*.*`;
  return {
    publish: [
      ...priorities.flatMap((priority) => pulling(taskConsumer(name, priority))),
      `${results}.*.${name}`,
      storeApi.last(Store.results, `${results}.${finalState}.${name}`),
      storeApi.last(Store.results, `${results}.${checkpointState}.${name}`),
      storeApi.last(Store.results, `${results}.${runningState}.${name}`),
      storeApi.last(Store.results, `mesh.result.${name}.*.${keyState}.${name}`),
      ...burying("task", name),
    ],
  };
}

/** Following events under a name: to take them, and to keep in mind how they were tried. */
export function followingRights(name: string, follow: string): Rights {
  const tried = resultSubject({ submitter: name, task: every, state: triedState, agent: name });
  return {
    publish: [
      ...pulling(followConsumer(name, follow)),
      ...burying("event", name),
      tried,
      storeApi.last(Store.results, tried),
    ],
  };
}

/** Writing the dead letters of what was one's own to do; reading them, since one name may be two tasks. */
function burying(kind: "task" | "event", name: string): string[] {
  const letters = `mesh.dead.${kind}.${name}.*.*.*`;
  return [letters, storeApi.last(Store.dead, letters)];
}

/** Publishing what is stored anew, under one's own name; the workers judge by the signature who may. */
export function moving(name: string): string[] {
  return [`mesh.task.*.*.*.${name}`, `mesh.moved.*.*.${name}`];
}

/** Saying of a dead letter that it was brought back, or is done with. */
export const marking: readonly string[] = Object.freeze([
  "mesh.dead.redriven.*.*.*.*",
  "mesh.dead.dropped.*.*.*.*",
]);

/** Taking what a consumer has, and acknowledging it. Never to make, change or delete one. */
function pulling(consumer: ConsumerName): string[] {
  const { stream, consumer: name } = consumer;
  return [
    storeApi.next(stream, name),
    storeApi.consumerInfo(stream, name),
    ...ackSubjects(consumer),
  ];
}

/** What somebody asks of the others and tells them. */
export function askingRights(name: string, asks: Asks): Rights {
  const heard = asks.hears.flatMap((text) => {
    const target = parseEventTarget(text);
    return target.ok ? [heardEvents(target.value)] : [];
  });
  const parts = [
    ...asks.calls.map((text) => callingRights(name, text)),
    ...asks.submits.map((text) => submittingRights(name, text)),
    { publish: asks.publishes.flatMap((event) => publishing(name, event)) },
    { publish: asks.publishes.length > 0 ? [readingOwnEvents(name)] : [] },
    { subscribe: heard, publish: readingEventBlobs(asks.hears) },
  ];
  return combine(...parts);
}

/** Telling an event, and what of it is too large for its message. */
function publishing(name: string, event: string): string[] {
  return [eventSubject({ publisher: name, name: event }), blobsOfEvent(name, event)];
}

/** To see whether an event of one's own is stored: a duplicate is believed by that alone. */
export function readingOwnEvents(name: string): string {
  return storeApi.last(Store.events, `mesh.event.${name}.>`);
}

/** What one line of `calls` gives. Any route: the server checks a subject after it was mapped. */
function callingRights(name: string, text: string): Rights {
  const target = parseSkillTarget(text);
  if (!target.ok) return {};
  const { workspace, agent, skill } = target.value;
  if (workspace !== undefined) {
    const shared = { workspace, agent };
    return {
      publish: [
        foreignCallSubject(shared, skill, every, name),
        foreignControlSubject(shared, every, name),
      ],
    };
  }
  return {
    publish: [
      callSubject(agent, skill, every, name),
      controlSubject(agent, every, name),
      askSubject("INFO", agent),
      ...exchanging(name),
      readingArtifacts(agent),
    ],
    subscribe: [filters.presence(agent)],
  };
}

/** What one line of `submits` gives: now, later, and to hear how it goes. */
function submittingRights(name: string, text: string): Rights {
  const target = parseSkillTarget(text);
  if (!target.ok || target.value.workspace !== undefined) return {};
  const { agent, skill } = target.value;
  const results = `mesh.result.${name}.>`;
  return {
    publish: [
      `mesh.task.${agent}.${skill}.*.${name}`,
      `mesh.later.${agent}.${skill}.${name}`,
      storeApi.last(Store.results, results),
      ...workersSeen(agent),
      // What its skills take.
      askSubject("INFO", agent),
      // Whether anybody takes orders for later.
      storeApi.consumerInfo(laterConsumer.stream, laterConsumer.consumer),
      ...exchanging(name),
      readingArtifacts(agent),
    ],
    subscribe: [results],
  };
}

/** To see whether anybody takes an agent's tasks: counts, never contents. */
function workersSeen(agent: string): string[] {
  if (agent === every) return [storeApi.consumerInfo(Store.tasks, every)];
  return priorities.map((priority) =>
    storeApi.consumerInfo(Store.tasks, taskConsumer(agent, priority).consumer),
  );
}

/** The subject of the events that a line of `hears` or `follows` names. */
export function heardEvents(target: EventTarget): string {
  const { publisher, name, below } = target;
  const tokens = ["mesh", "event", publisher === every ? "" : publisher, name, below ? ">" : ""];
  return tokens.filter((token) => token !== "").join(".");
}
