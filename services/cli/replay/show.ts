import { MeshCode } from "@myelin/mesh";
import type { Recorded, RecordedAnswer, Replayed } from "@myelin/mesh/operate";
import { type Context, printJson } from "../context.ts";
import { aligned, cut, duration } from "../table.ts";
import { plain } from "../terminal.ts";

const idWidth = 24;
const layout = { widths: [24, 20, 16, 28, idWidth, 9, 0], right: 5 };
const titles = ["TIME", "PLACE", "CALLER", "CALLED", "ID", "TOOK", "ENDED"] as const;
const mostValue = 120;

/** The heading of what follows: said with the first of it. */
export function heading({ terminal, palette, json }: Context): void {
  if (!json) terminal.out.write(`${palette.dim(aligned(titles, layout))}\n`);
}

/** One that was recorded, on a line. */
export function showRecorded(context: Context, recorded: Recorded): void {
  const { terminal, json } = context;
  if (json) printJson(context, documentOf(recorded));
  else
    terminal.out.write(`${rowOf(recorded, recorded.answer, endOf(recorded.answer, recorded))}\n`);
}

/** One that was replayed: how it ended now, and below it in what that differs. */
export function showReplayed(context: Context, replayed: Replayed): void {
  const { terminal, palette, json } = context;
  const { recorded, answer, skipped, differences } = replayed;
  if (json) {
    const { payload: _, ...shown } = documentOf(recorded);
    const now = answer === undefined ? undefined : answerOf(answer);
    printJson(context, { ...shown, replayed: now, skipped, differences });
    return;
  }
  const end =
    skipped === undefined ? endOf(answer, recorded) + whyOf(answer) : `skipped: ${skipped}`;
  const isSame = differences?.length === 0;
  const mark = differences === undefined ? "" : isSame ? ", the same" : ", differs";
  terminal.out.write(`${rowOf(recorded, answer, `${end}${mark}`)}\n`);
  for (const { path, ...values } of differences ?? []) {
    terminal.out.write(`    ${palette.bold(plain(path || "(all of it)"))}\n`);
    terminal.out.write(`      ${palette.red(`- ${valueText(values.recorded)}`)}\n`);
    terminal.out.write(`      ${palette.green(`+ ${valueText(values.replayed)}`)}\n`);
  }
}

/** Whether it was done, and how. */
export interface Tally {
  replayed: number;
  skipped: number;
  failed: number;
  /** Of those, the ones that were answered neither by the skill nor as they were then. */
  unanswered: number;
  differing: number;
}

export function count(tally: Tally, { recorded, skipped, answer, differences }: Replayed): void {
  if (skipped !== undefined) tally.skipped++;
  else tally.replayed++;
  if (answer?.error !== undefined) tally.failed++;
  if (isUnanswered(answer, recorded.answer)) tally.unanswered++;
  if ((differences?.length ?? 0) > 0) tally.differing++;
}

/** An error that the skill declares is an answer, and so is the one that was recorded. */
function isUnanswered(
  now: RecordedAnswer | undefined,
  before: RecordedAnswer | undefined,
): boolean {
  const code = now?.error?.code;
  return code !== undefined && code !== MeshCode.DomainError && code !== before?.error?.code;
}

function rowOf(recorded: Recorded, answer: RecordedAnswer | undefined, end: string): string {
  const { at, stream, sequence, caller, agent, skill, id = "" } = recorded;
  return plain(
    aligned(
      [
        at.toISOString(),
        `${stream}:${sequence}`,
        caller,
        `${agent}.${skill}`,
        cut(id, idWidth),
        answer === undefined ? "" : duration(answer.tookMs),
        end,
      ],
      layout,
    ).trimEnd(),
  );
}

function endOf(answer: RecordedAnswer | undefined, { is, unfit }: Recorded): string {
  const why = unfit === undefined ? "" : ` (${unfit})`;
  if (answer === undefined) return `${is === "call" ? "no answer recorded" : is}${why}`;
  if (answer.error !== undefined) return answer.error.code + why;
  return (answer.frames.length === 1 ? "ok" : `ok, ${answer.frames.length} frames`) + why;
}

/** What was not done says why; of what was recorded there may be many a line. */
function whyOf(answer: RecordedAnswer | undefined): string {
  return answer?.error === undefined ? "" : `: ${answer.error.detail}`;
}

function documentOf(recorded: Recorded) {
  const { head: _, payload, answer, ...facts } = recorded;
  return {
    ...facts,
    payload: bodyOf(payload),
    answer: answer === undefined ? undefined : answerOf(answer),
  };
}

function answerOf({ frames, skipped, error, tookMs }: RecordedAnswer) {
  return {
    tookMs,
    ...(skipped === 0 ? {} : { skipped }),
    error: error && { code: error.code, message: error.detail },
    frames: frames.map(({ payload }) => bodyOf(payload)),
  };
}

/** JSON as the value that it is, anything else in base64. */
function bodyOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    // Bytes that are no JSON can only be shown as such.
    return payload.length === 0 ? undefined : { base64: Buffer.from(payload).toString("base64") };
  }
}

function valueText(value: unknown): string {
  return plain(cut(JSON.stringify(value) ?? "nothing", mostValue));
}
