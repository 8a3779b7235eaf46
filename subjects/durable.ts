import { isToken, no, type Parsed, tokenRule } from "./grammar.ts";

/** Classes of priority, each with a consumer of its own. */
export const priorities = ["high", "normal"] as const;

export type Priority = (typeof priorities)[number];

/** The state that ends a task; every other token is progress. */
export const finalState = "final";

/** Where an attempt says that it has begun; who writes there last has the task. */
export const runningState = "running";

/** Where an attempt leaves what the next one begins with. */
export const checkpointState = "checkpoint";

/** Where an attempt tells how far it is. */
export const progressState = "progress";

/** Where an agent keeps which of its tasks has a key. */
export const keyState = "key";

/** Where an agent keeps how one of the events that it follows was tried. */
export const triedState = "tried";

/** Most tokens in the name of an event or of a configuration. */
export const maxNameTokens = 8;

export interface TaskAddress {
  readonly agent: string;
  readonly skill: string;
  readonly priority: Priority;
  readonly submitter: string;
}

export interface LaterAddress {
  readonly agent: string;
  readonly skill: string;
  readonly submitter: string;
}

export interface ResultAddress {
  readonly submitter: string;
  readonly task: string;
  /** `final`, or a word of progress. */
  readonly state: string;
  readonly agent: string;
}

export interface EventAddress {
  readonly publisher: string;
  /** Tokens joined by dots. */
  readonly name: string;
}

/** An event that is brought back, to one subscription alone. */
export interface MovedEventAddress {
  readonly agent: string;
  /** The subscription's name. */
  readonly follow: string;
  readonly mover: string;
}

export interface DeadAddress {
  readonly kind: string;
  readonly agent: string;
  readonly skill: string;
  readonly task: string;
  /** How often it was brought back before. */
  readonly generation: number;
}

export interface RecordAddress {
  readonly agent: string;
  readonly skill: string;
}

/** Whether it may name an event: tokens joined by dots, at most eight. */
export function isEventName(name: string): boolean {
  const tokens = name.split(".");
  return tokens.length <= maxNameTokens && tokens.every(isToken);
}

/** Whether it may name a configuration: like an event, but keys of accounts are upper-case. */
export function isConfigKind(kind: string): boolean {
  const tokens = kind.split(".");
  return tokens.length <= maxNameTokens && tokens.every((token) => isToken(token.toLowerCase()));
}

export function taskSubject({ agent, skill, priority, submitter }: TaskAddress): string {
  return `mesh.task.${agent}.${skill}.${priority}.${submitter}`;
}

/** The tasks of an agent, and of a class of priority; without either all. */
export function taskFilter({ agent = "*", skill = "*", priority = "*" } = {}): string {
  return `mesh.task.${agent}.${skill}.${priority}.*`;
}

export function laterSubject({ agent, skill, submitter }: LaterAddress): string {
  return `mesh.later.${agent}.${skill}.${submitter}`;
}

export function resultSubject({ submitter, task, state, agent }: ResultAddress): string {
  return `mesh.result.${submitter}.${task}.${state}.${agent}`;
}

export function eventSubject({ publisher, name }: EventAddress): string {
  return `mesh.event.${publisher}.${name}`;
}

export function movedEventSubject({ agent, follow, mover }: MovedEventAddress): string {
  return `mesh.moved.${agent}.${follow}.${mover}`;
}

export function deadSubject({ kind, agent, skill, task, generation }: DeadAddress): string {
  return `mesh.dead.${kind}.${agent}.${skill}.${task}.${generation}`;
}

/** Every dead letter, or marker, of a kind; what is left out is every one. */
export function deadFilter(
  kind: string,
  {
    agent = "*",
    skill = "*",
    task = "*",
  }: Partial<Pick<DeadAddress, "agent" | "skill" | "task">> = {},
): string {
  return `mesh.dead.${kind}.${agent}.${skill}.${task}.*`;
}

export function recordSubject({ agent, skill }: RecordAddress): string {
  return `mesh.record.${agent}.${skill}`;
}

/** Where a configuration is stored, and told as it changes. */
export function configSubject(kind: string): string {
  return `mesh.config.${kind}`;
}

export function parseTaskSubject(subject: string): Parsed<TaskAddress> {
  const read = tokensOf(subject, "task", 4);
  if (!read.ok) return read;
  const [agent = "", skill = "", priority = "", submitter = ""] = read.value;
  const known = priorities.find((one) => one === priority);
  if (known === undefined) return no("the priority is none of high, normal");
  return { ok: true, value: { agent, skill, priority: known, submitter } };
}

export function parseLaterSubject(subject: string): Parsed<LaterAddress> {
  const read = tokensOf(subject, "later", 3);
  if (!read.ok) return read;
  const [agent = "", skill = "", submitter = ""] = read.value;
  return { ok: true, value: { agent, skill, submitter } };
}

export function parseResultSubject(subject: string): Parsed<ResultAddress> {
  const read = tokensOf(subject, "result", 4);
  if (!read.ok) return read;
  const [submitter = "", task = "", state = "", agent = ""] = read.value;
  return { ok: true, value: { submitter, task, state, agent } };
}

export function parseEventSubject(subject: string): Parsed<EventAddress> {
  const [mesh, kind, publisher = "", ...rest] = subject.split(".");
  if (mesh !== "mesh" || kind !== "event") return no("not an event subject");
  const name = rest.join(".");
  if (!isToken(publisher) || !isEventName(name)) return no(`a token is not ${tokenRule}`);
  return { ok: true, value: { publisher, name } };
}

export function parseMovedEventSubject(subject: string): Parsed<MovedEventAddress> {
  const read = tokensOf(subject, "moved", 3);
  if (!read.ok) return read;
  const [agent = "", follow = "", mover = ""] = read.value;
  return { ok: true, value: { agent, follow, mover } };
}

export function parseDeadSubject(subject: string): Parsed<DeadAddress> {
  const read = tokensOf(subject, "dead", 5);
  if (!read.ok) return read;
  const [kind = "", agent = "", skill = "", task = "", generation = ""] = read.value;
  if (!/^(0|[1-9][0-9]{0,8})$/.test(generation)) return no("the generation is no whole number");
  return { ok: true, value: { kind, agent, skill, task, generation: Number(generation) } };
}

export function parseRecordSubject(subject: string): Parsed<RecordAddress> {
  const read = tokensOf(subject, "record", 2);
  if (!read.ok) return read;
  const [agent = "", skill = ""] = read.value;
  return { ok: true, value: { agent, skill } };
}

/** The kind of a configuration that the store has told. */
export function parseConfigSubject(subject: string): Parsed<string> {
  const prefix = "mesh.config.";
  const kind = subject.slice(prefix.length);
  if (!subject.startsWith(prefix)) return no("not a configuration's subject");
  return isConfigKind(kind) ? { ok: true, value: kind } : no("not a configuration's name");
}

/** The checked tokens behind `mesh.<kind>.`, when there are exactly so many. */
function tokensOf(subject: string, kind: string, count: number): Parsed<readonly string[]> {
  const [mesh, second, ...tokens] = subject.split(".");
  if (mesh !== "mesh" || second !== kind || tokens.length !== count)
    return no(`not a ${kind} subject`);
  return tokens.every(isToken) ? { ok: true, value: tokens } : no(`a token is not ${tokenRule}`);
}
