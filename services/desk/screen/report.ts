import { relative } from "node:path";
import type { RunRecord } from "../run/record.ts";
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
  const path = (name: string): string => relative(places.cwd, `${places.out}/${name}`);
  if (record.digest !== undefined) {
    lines.push(`Digest   ${bold(path("digest.md"))} and ${bold(path("digest.html"))}`);
  }
  lines.push(dim(`Record   ${path("run.json")}`), dim(`Log      ${path("desk.log")}`));
  return lines;
}

function remarks(record: RunRecord): string[] {
  const { sentBack, remarked, skipped, cut, beyondLimit } = record;
  const parts = [`${sentBack} summaries were sent back by the reviewer and redone`];
  if (remarked > 0) parts.push(`${remarked} kept with a remark`);
  const files: string[] = [];
  if (skipped > 0) files.push(`${skipped} files skipped, the digest says why`);
  if (cut > 0) files.push(`${cut} long documents read in part`);
  if (beyondLimit) files.push("documents beyond the limit left out, see --limit");
  return [parts.join(", "), ...files];
}

function losses({ losses: lost }: RunRecord): string[] {
  const lines = lost.slice(0, mostLosses).map(({ path, why }) => `  ${plain(path)}: ${plain(why)}`);
  const more = lost.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more, see the digest`] : lines;
}

function figures({ table: rows }: RunRecord): string[] {
  return table(
    ["agent", "calls", "errors", "retries", "p50", "p95", "p99"],
    rows.map((row) => [
      row.agent,
      ...[row.calls, row.errors, row.retries].map(String),
      ...[row.p50, row.p95, row.p99].map(duration),
    ]),
  );
}

function costs({ kill, drain }: RunRecord): string[] {
  const lines: string[] = [];
  if (kill !== undefined) {
    const cost =
      kill.calls === 0
        ? "it had no call in its hands, so it cost nothing"
        : `${kill.calls} calls went elsewhere: ${kill.retries} retries, ${duration(kill.addedMs)} more in all, ${duration(kill.worstMs)} at worst`;
    lines.push(`Killed   ${kill.label} (process ${kill.pid}): ${cost}`);
  }
  if (drain !== undefined) {
    lines.push(
      `Drained  ${drain.label} (process ${drain.pid}): it finished what it had, and was asked nothing new`,
    );
  }
  return lines;
}
