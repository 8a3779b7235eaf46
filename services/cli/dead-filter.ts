import { MeshError } from "@myelin/mesh";
import { checkDeadFilter, type DeadFilter } from "@myelin/mesh/operate";
import { parseDeadSubject } from "@myelin/subjects";
import { usage } from "./failure.ts";
import { parseMoment } from "./input.ts";

/** The options that narrow dead letters down, as they are typed. */
export interface FilterOptions {
  readonly agent?: string;
  readonly skill?: string;
  readonly from?: string;
  readonly cause?: string;
  readonly kind?: string;
  readonly trace?: string;
  readonly since?: string;
  readonly until?: string;
  readonly state?: string;
  readonly all?: boolean | string;
}

/** Which letters are meant: by options, by the id of a task or event, or by the subject of a letter. */
export function filterOf(options: FilterOptions, what?: string): DeadFilter {
  const { agent, skill, from, cause, kind, trace: traceId, state } = options;
  const { since, until } = options;
  return checked({
    ...given({ agent, skill, from, cause, kind, traceId, state }),
    ...(since === undefined ? {} : { since: parseMoment(since, "--since") }),
    ...(until === undefined ? {} : { until: parseMoment(until, "--until") }),
    ...(what === undefined ? {} : wordsOf(what)),
  });
}

/** Throws in the words of who typed it. */
function checked(filter: DeadFilter): DeadFilter {
  try {
    checkDeadFilter(filter);
    return filter;
  } catch (error) {
    const { detail } = MeshError.from(error);
    const typed = detail.replaceAll("dead.task", "what is meant").replaceAll("dead.", "--");
    throw usage(typed);
  }
}

/** The same where something is done to them: nobody means everything by saying nothing. */
export function wantedOf(options: FilterOptions, what?: string): DeadFilter {
  const filter = filterOf(options, what);
  if (Object.keys(filter).length > 0 || options.all !== undefined) return filter;
  throw usage("say which: an id, an option such as --agent or --cause, or --all");
}

/** A letter's subject names each of its parts. */
function wordsOf(what: string): DeadFilter {
  if (!what.startsWith("mesh.")) return { task: what };
  const address = parseDeadSubject(what);
  if (!address.ok) throw usage(`${what} is no subject of a letter`);
  const { generation, ...words } = address.value;
  return { ...given({ ...words }), generation };
}

function given(words: Readonly<Record<string, string | undefined>>): DeadFilter {
  return Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined));
}
