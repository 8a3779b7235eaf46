import type { Source } from "../documents/sources.ts";
import type { DeskOptions } from "../options.ts";
import type { Screen } from "../screen/screen.ts";
import { count } from "../text/count.ts";
import { Course } from "./course.ts";
import type { Desk } from "./desk.ts";
import { documentsOf, gather, resultsSoFar } from "./evidence.ts";
import { type RunRecord, recordOf } from "./record.ts";
import { troubleOf } from "./trouble.ts";

/** What the writing of a digest needs of the world. */
export interface Writing {
  readonly sources: readonly Source[];
  readonly cwd: string;
  readonly screen: Screen;
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
}

/** Has a digest written while the desk gets into trouble, and proves that it is whole. */
export async function write(
  desk: Desk,
  { maxWords, limit, summarizers, chaos }: DeskOptions,
  { sources, cwd, screen, signal }: Writing,
): Promise<RunRecord> {
  // Before the digest is there, which may lie among the documents.
  const documents = await documentsOf({ sources, base: cwd, limit });
  const after = await resultsSoFar(desk);
  const trouble = troubleOf({ desk, summarizers, chaos, screen, signal });
  const started = performance.now();
  const order = await desk.order({ maxWords, limit }, signal);
  const course = new Course();
  for await (const told of order.progress) {
    const { hasBegun } = course;
    const progress = course.take(told);
    if (progress === undefined) continue;
    const { done, documents } = progress;
    // The editor may have been at work before we listened.
    if (!hasBegun) screen.say(`${count(documents, "document")} found`);
    screen.progress(done, documents, noteOf(progress));
    trouble.onProgress(done, documents);
  }
  const digested = await order.result();
  const tookMs = Math.round(performance.now() - started);
  screen.clear();
  const ended = await trouble.over();
  const lost = digested.documents - digested.summarised;
  const claim = { run: order.run, after, lost, html: digested.html, documents };
  const proof = await gather(claim, desk, signal);
  return recordOf({ digested, ended, proof, server: desk.url, tookMs });
}

function noteOf({ sentBack, lost }: { readonly sentBack: number; readonly lost: number }): string {
  const parts = [`documents, ${sentBack} sent back`];
  if (lost > 0) parts.push(`${lost} lost`);
  return parts.join(", ");
}
