import {
  type CallAddress,
  type Parsed,
  parseCallSubject,
  parseDeadSubject,
  parseEventSubject,
  parseForeignCall,
  parseResultSubject,
  parseTaskSubject,
} from "@myelin/subjects";

/** What was done. */
export type Kind = "call" | "task" | "result" | "event";

/** Whose it is. */
export interface Whose {
  readonly agent: string;
  readonly skill: string;
  readonly caller: string;
}

/** Whose it is, by the subject where it was published first; undefined for what keeps to no grammar. */
export function whoseIs(subject: string): (Whose & { readonly is: Kind }) | undefined {
  const [, kind = ""] = subject.split(".", 2);
  return Object.hasOwn(readers, kind) ? readers[kind]?.(subject) : undefined;
}

type Read = (subject: string) => (Whose & { readonly is: Kind }) | undefined;

const readers: Readonly<Record<string, Read>> = {
  call: (subject) => called(parseCallSubject(subject)),
  xcall: (subject) => called(parseForeignCall(subject)),
  task(subject) {
    const read = parseTaskSubject(subject);
    if (!read.ok) return undefined;
    const { agent, skill, submitter: caller } = read.value;
    return { is: "task", agent, skill, caller };
  },
  event(subject) {
    const read = parseEventSubject(subject);
    if (!read.ok) return undefined;
    const { publisher, name } = read.value;
    return { is: "event", agent: publisher, skill: name, caller: publisher };
  },
  result(subject) {
    const read = parseResultSubject(subject);
    if (!read.ok) return undefined;
    return { is: "result", agent: read.value.agent, skill: "", caller: read.value.submitter };
  },
};

function called(read: Parsed<CallAddress>): ReturnType<Read> {
  if (!read.ok) return undefined;
  const { agent, skill, caller } = read.value;
  return { is: "call", agent, skill, caller };
}

/** Whether a dead letter lies there, and no marker of one. */
export function isLetter(subject: string): boolean {
  const read = parseDeadSubject(subject);
  return read.ok && ["task", "event"].includes(read.value.kind);
}
