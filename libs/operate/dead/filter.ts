import { idRule, isToken, parseEventSubject, tokenRule } from "@myelin/subjects";
import { isEventId, originOf } from "../../durable/index.ts";
import { type MeshCode as Code, codeTable, MeshCode, MeshError } from "../../errors/index.ts";
import { type BareLetter, type DeadKind, type DeadLetter, stateOf } from "./letter.ts";

/** Which dead letters; each word narrows it. */
export interface DeadFilter {
  /** Default: both. */
  readonly kind?: DeadKind;
  readonly agent?: string;
  /** A skill, or a subscription's name. */
  readonly skill?: string;
  /** A task's id, or an event's, or the place by which the letter names it. */
  readonly task?: string;
  /** How often it had been brought back before. */
  readonly generation?: number;
  /** The error code that it died of. */
  readonly cause?: string;
  /** Whose task it was, or who published the event. */
  readonly from?: string;
  readonly traceId?: string;
  /** Died then or later. */
  readonly since?: Date;
  /** Died before. */
  readonly until?: Date;
  /** Default: `open`, those that nobody has brought back or dropped. */
  readonly state?: "open" | "redriven" | "dropped" | "any";
}

/** Throws `invalid_argument` for a filter that can mean no letter. */
export function checkFilter(filter: DeadFilter): void {
  for (const word of ["agent", "skill", "from"] as const) {
    const value = filter[word];
    if (value !== undefined && !isToken(value)) {
      throw wrong(`dead.${word} must be ${tokenRule}, got ${JSON.stringify(value.slice(0, 80))}`);
    }
  }
  const { task, cause, kind, state, since, until } = filter;
  if (task !== undefined && !isEventId(task)) {
    throw wrong(`dead.task must be the id of a task or event, ${idRule}, got ${quoted(task)}`);
  }
  if (cause !== undefined && !Object.hasOwn(codeTable, cause)) {
    throw wrong(`dead.cause must be an error code such as ${example}, got ${quoted(cause)}`);
  }
  if (kind !== undefined && !["task", "event"].includes(kind)) {
    throw wrong(`dead.kind must be task or event, got ${quoted(kind)}`);
  }
  if (state !== undefined && !["open", "redriven", "dropped", "any"].includes(state)) {
    throw wrong(`dead.state must be open, redriven, dropped or any, got ${quoted(state)}`);
  }
  if ([since, until].some((date) => date !== undefined && Number.isNaN(date.getTime()))) {
    throw wrong("dead.since and dead.until must be valid dates");
  }
}

/** Whether a letter is meant, whatever became of it. */
export function fits(letter: BareLetter, filter: DeadFilter): boolean {
  const { kind, agent, skill, task, cause, from, traceId, since, until } = filter;
  const { generation = letter.generation } = filter;
  const isWord = (wanted: string | undefined, is: string | undefined): boolean =>
    wanted === undefined || wanted === is;
  return (
    generation === letter.generation &&
    isWord(kind, letter.kind) &&
    isWord(agent, letter.agent) &&
    isWord(skill, letter.skill) &&
    (isWord(task, letter.task) || task === letter.eventId) &&
    isWord(cause, letter.cause) &&
    isWord(from, speakerOf(letter.original.subject)) &&
    isWord(traceId, letter.facts.traceId) &&
    (since === undefined || letter.at >= since) &&
    (until === undefined || letter.at < until)
  );
}

/** Whether it is where the filter wants it to be. */
export function isInState(letter: DeadLetter, { state = "open" }: DeadFilter): boolean {
  return state === "any" || stateOf(letter) === state;
}

/** Who submitted what was stored there, or published it. */
function speakerOf(subject: string): string | undefined {
  const event = parseEventSubject(subject);
  return event.ok ? event.value.publisher : originOf(subject)?.submitter;
}

const example: Code = MeshCode.HandlerFailed;

function quoted(text: string): string {
  return JSON.stringify(String(text).slice(0, 80));
}

function wrong(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
