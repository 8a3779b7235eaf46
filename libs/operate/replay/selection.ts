import {
  idRule,
  isId,
  isToken,
  meantSubjects,
  Store,
  type StoreName,
  tokenRule,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { checkNumber } from "../../pipeline/index.ts";

/** Where what is replayed lies, by the names that streams have in mesh.yaml. */
export const replaySources = ["records", "tasks", "results", "events", "dead"] as const;

export type ReplaySource = (typeof replaySources)[number];

/** What is looked at, and replayed. Everything that is said has to fit. */
export interface Selection {
  /** Default: records. */
  readonly from?: ReplaySource | undefined;
  /** Stored then or later. */
  readonly since?: Date | undefined;
  /** Stored then or before. */
  readonly until?: Date | undefined;
  /** The id of a trace: 32 hexadecimal digits. */
  readonly trace?: string | undefined;
  /** The id of a task, or of a call; of what is stored as an event, its own. */
  readonly task?: string | undefined;
  /** Whose skill it is; of an event, who published it. */
  readonly agent?: string | undefined;
  /** Of an event, its name. */
  readonly skill?: string | undefined;
  /** Who called, or submitted. */
  readonly caller?: string | undefined;
  /** What the original's subject has to fit; `*` and `>` as NATS has them. */
  readonly subject?: string | undefined;
  /** Also what was itself a replay. Default: false. */
  readonly replays?: boolean | undefined;
  /** Most that are taken. Default: 10000. */
  readonly most?: number | undefined;
}

/** Selection with every default filled in and every value checked. */
export interface SelectionConfig extends Selection {
  readonly from: ReplaySource;
  readonly replays: boolean;
  readonly most: number;
}

const anyMost = { min: 1, max: 10_000_000, whole: true };

/** Fills in and checks a selection. */
export function resolveSelection(selection: Selection): SelectionConfig {
  const { from = "records", replays = false, most = 10_000 } = selection;
  const { trace, agent, skill, caller, subject, since, until, task } = selection;
  if (!replaySources.includes(from)) {
    throw wrong("from", `one of ${replaySources.join(", ")}`, from);
  }
  checkNumber("replay.most", most, anyMost);
  if (trace !== undefined && !/^[0-9a-f]{32}$/.test(trace)) {
    throw wrong("trace", "32 hexadecimal digits", trace);
  }
  for (const [name, token] of Object.entries({ agent, caller })) {
    if (token !== undefined && !isToken(token)) throw wrong(name, tokenRule, token);
  }
  if (skill !== undefined && !skill.split(".").every(isToken))
    throw wrong("skill", tokenRule, skill);
  if (task !== undefined && !isId(task)) {
    throw wrong("task", idRule, task);
  }
  if (subject !== undefined && !/^[^\s.]+(\.[^\s.]+)*$/.test(subject)) {
    throw wrong("subject", "tokens joined by dots, * and > among them", subject);
  }
  for (const [name, time] of Object.entries({ since, until })) {
    if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime()))) {
      throw wrong(name, "a time", time);
    }
  }
  return Object.freeze({ ...selection, from, replays, most });
}

/** The stream of a source, and the subjects of it that can be meant: the server sends no others. */
export function placeOf(selection: SelectionConfig): {
  readonly stream: StoreName;
  readonly filter: string;
} {
  const { from, agent, caller, skill } = selection;
  // Only a token can be part of a subject; whatever else is asked for is compared as it comes by.
  const task = selection.task !== undefined && isToken(selection.task) ? selection.task : undefined;
  return { stream: Store[from], filter: meantSubjects({ agent, caller, skill, task })[from] };
}

function wrong(name: string, allowed: string, came: unknown): MeshError {
  const text = String(came).slice(0, 80);
  return new MeshError(
    MeshCode.InvalidArgument,
    `replay.${name} must be ${allowed}, got ${JSON.stringify(text)}`,
  );
}
