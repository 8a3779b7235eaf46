import { relative } from "node:path";
import { isWhole, type RunRecord } from "../run/record.ts";
import { count } from "../text/count.ts";
import { table } from "./table.ts";
import { duration, type Palette, plain } from "./text.ts";

const mostLosses = 5;

/** What a person reads when the run is over. */
export function report(
  record: RunRecord,
  places: { readonly out: string; readonly cwd: string },
  { bold, dim, red, green }: Palette,
): readonly string[] {
  const { documents, summarised, lost } = record;
  const colour = lost === 0 ? green : red;
  const lines = [
    "",
    colour(
      `${summarised} of ${documents} documents summarised, ${lost} lost, in ${duration(record.tookMs)}`,
    ),
    ...remarks(record),
    ...losses(record),
    "",
  ];
  const [head = "", ...rows] = figures(record);
  lines.push(bold(head), ...rows, "", ...costs(record), "");
  lines.push(...evidence(record).map((line) => (isWhole(record) ? line : red(line))), "");
  const path = (name: string): string => relative(places.cwd, `${places.out}/${name}`);
  lines.push(`Digest   ${bold(path("digest.md"))} and ${bold(path("digest.html"))}`);
  lines.push(dim(`Record   ${path("run.json")}`), dim(`Log      ${path("desk.log")}`));
  return lines;
}

function remarks(record: RunRecord): string[] {
  const { sentBack, remarked, skipped, cut, beyondLimit } = record;
  const lines = [`The reviewer sent ${count(sentBack, "summary", "summaries")} back with a reason`];
  if (remarked > 0) lines.push(`${count(remarked, "summary", "summaries")} kept with a remark`);
  if (skipped > 0) lines.push(`${count(skipped, "file")} skipped; the digest says why`);
  if (cut > 0) lines.push(`${count(cut, "long document")} read in part, the first 64 KiB`);
  if (beyondLimit) lines.push("Documents beyond the limit are left out; --limit sets it");
  return lines;
}

function losses({ losses: lost }: RunRecord): string[] {
  const lines = lost.slice(0, mostLosses).map(({ path, why }) => `  ${plain(path)}: ${plain(why)}`);
  const more = lost.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more, see the digest`] : lines;
}

function figures({ table: rows }: RunRecord): string[] {
  return table(
    ["agent", "asked by", "times", "errors", "retries", "p50", "p95", "p99"],
    rows.map((row) => [
      row.agent,
      row.as,
      ...[row.calls, row.errors, row.retries].map(String),
      ...[row.p50, row.p95, row.p99].map(duration),
    ]),
  );
}

function costs({ kill, drain, chaos }: RunRecord): string[] {
  const lines: string[] = [];
  if (kill !== undefined) {
    const cost =
      kill.tasks === 0
        ? "it had no task just then, so it cost nothing"
        : `${count(kill.tasks, "task")} went to another one with ${count(kill.retries, "further attempt")} and took ${duration(kill.worstMs)} longer than others at most`;
    lines.push(`Killed   ${kill.label} (process ${kill.pid}): ${cost}`);
  }
  if (drain !== undefined) {
    lines.push(`Drained  ${drain.label} (process ${drain.pid}): it finished what it had and left`);
  }
  if (chaos !== undefined) {
    const blows = chaos.blows.map(({ what, label, done }) => `${label} ${what} at ${done}`);
    lines.push(`Chaos    --seed ${chaos.seed}: ${blows.join(", ")}`);
  }
  return lines;
}

function evidence({ documents, lost, proof }: RunRecord): string[] {
  const { proven, summaries, attempts, dead, faults } = proof;
  const rest = dead > 0 ? `, ${count(dead, "dead letter")}` : "";
  return [
    `Counted  in the streams: ${count(summaries, "summary", "summaries")} after ${count(attempts, "attempt")}${rest}; ${proven} of ${documents - lost} documents are in the digest exactly once`,
    ...faults.map((fault) => `  ${plain(fault)}`),
  ];
}
