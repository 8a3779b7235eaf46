import { type Context, MeshError } from "@myelin/mesh";
import { type Digested, type Edited, editor, type Figure } from "../contracts/editor.ts";
import { librarian } from "../contracts/librarian.ts";
import { referenceFrom } from "../digest/reference.ts";
import { writeDigest } from "../digest/write.ts";
import type { Settings } from "../settings.ts";
import { bounded } from "./bounded.ts";
import { Manuscript } from "./manuscript.ts";
import { Tally } from "./tally.ts";
import { editTask, hasEnded } from "./tasks.ts";

/** What is ordered. */
export interface DigestOrder {
  readonly run: string;
  readonly maxWords: number;
  readonly limit: number;
}

export interface DigestParts {
  readonly settings: Settings;
  /** How the editor's own calls went so far. */
  readonly figures: () => readonly Figure[];
}

type DigestContext = Context<(typeof editor)["skills"]["digest"]["errors"]>;

const mostExamples = 20;
/** Beyond those in work, so that nobody waits for the next one to be handed in. */
const ahead = 4;

/**
 * Writes one digest: a task for each document, and one page of what comes back.
 *
 * It may be attempted again at any point: the documents' tasks keep their ids, so what was done is only read.
 */
export async function writeWhole(
  order: DigestOrder,
  ctx: DigestContext,
  { settings, figures }: DigestParts,
): Promise<Digested> {
  const manuscript = await find(order, ctx);
  const { expected, isOver, skipped } = manuscript;
  const tally = new Tally(expected.length);
  await ctx.progress(tally.progress);
  const most = settings.documentsAtOnce + ahead;
  const edits = bounded(expected, most, (path) => handIn(path, order, ctx));
  for await (const { edited, tookMs } of edits) {
    manuscript.take(edited.outcome);
    tally.take(edited, tookMs);
    await ctx.progress(tally.progress);
  }
  const reference = referenceFrom(settings.out, settings.base);
  const written = await writeDigest(manuscript.digest(reference), settings.out);
  return {
    ...tally.counts,
    ...{ beyondLimit: isOver, skipped: skipped.length, ...written },
    figures: [...figures(), ...tally.figures],
  };
}

async function find({ limit }: DigestOrder, ctx: DigestContext): Promise<Manuscript> {
  const manuscript = new Manuscript();
  for await (const finding of ctx.client(librarian).list({})) {
    if (finding.is === "skipped") manuscript.skip(finding);
    else if (!manuscript.expect(finding.path, limit)) break;
  }
  if (manuscript.expected.length > 0) return manuscript;
  const examples = manuscript.skipped.slice(0, mostExamples);
  return ctx.fail("no_documents", { skipped: manuscript.skipped.length, examples });
}

/** Has one document edited; a task that failed for good loses that document and no other. */
async function handIn(
  path: string,
  { run, maxWords }: DigestOrder,
  ctx: DigestContext,
): Promise<{ readonly edited: Edited; readonly tookMs: number }> {
  const started = performance.now();
  const { edit } = ctx.client(editor);
  const task = await edit.submit({ run, path, maxWords }, { id: editTask(run, path) });
  const since = (edited: Edited) => ({ edited, tookMs: performance.now() - started });
  try {
    return since(await task.result({ signal: ctx.signal }));
  } catch (error) {
    // What has not ended is only not known: with the next attempt it is.
    if (!hasEnded(await task.status())) throw error;
    const why = MeshError.from(error).message;
    return since({ outcome: { is: "lost", path, why }, attempt: 1 });
  }
}
