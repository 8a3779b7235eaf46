import { type Context, connect, MeshMetrics } from "@myelin/mesh";
import { editor, type Figure, type Progress } from "../contracts/editor.ts";
import { indexer } from "../contracts/indexer.ts";
import { librarian } from "../contracts/librarian.ts";
import { reviewer } from "../contracts/reviewer.ts";
import { summarizer } from "../contracts/summarizer.ts";
import { referenceFrom } from "../digest/reference.ts";
import { writeDigest } from "../digest/write.ts";
import { bounded } from "../editing/bounded.ts";
import { type Colleagues, edit } from "../editing/edit.ts";
import { figuresOf } from "../editing/figures.ts";
import { Manuscript } from "../editing/manuscript.ts";
import type { Settings } from "../settings.ts";
import type { TakePost } from "./post.ts";

interface Order {
  readonly maxWords: number;
  readonly limit: number;
}

/** Has every document summarised and reviewed, and writes one digest. */
export const takePost: TakePost = async ({ settings, connection }) => {
  const metrics = new MeshMetrics();
  const mesh = await connect({ ...connection, metrics, name: editor.name });
  await mesh.serve(editor, {
    digest: (order, ctx) => digest(order, ctx, settings, () => figuresOf(metrics)),
  });
  return mesh;
};

async function* digest(
  order: Order,
  ctx: Context<(typeof editor)["skills"]["digest"]["errors"]>,
  settings: Settings,
  figures: () => Figure[],
): AsyncIterable<Progress> {
  const manuscript = new Manuscript();
  for await (const finding of ctx.client(librarian).list({})) {
    if (finding.is === "skipped") manuscript.skip(finding);
    else if (!manuscript.expect(finding.path, order.limit)) break;
  }
  const { skipped, isOver } = manuscript;
  const examples = skipped.slice(0, mostExamples);
  if (manuscript.expected.length === 0) {
    ctx.fail("no_documents", { skipped: skipped.length, examples });
  }
  const documents = manuscript.expected.length;
  yield { is: "found", documents, beyondLimit: isOver, skipped: skipped.length, examples };
  const team = colleagues(ctx, order.maxWords);
  const edited = bounded(manuscript.expected, settings.documentsAtOnce, (path) => edit(path, team));
  for await (const outcome of edited) {
    manuscript.take(outcome);
    yield outcome.is === "lost" ? outcome : told(outcome);
  }
  const reference = referenceFrom(settings.out, settings.base);
  const written = await writeDigest(manuscript.digest(reference), settings.out);
  yield { is: "written", ...written, figures: figures() };
}

const mostExamples = 20;

function told({ path, piece, calls }: Extract<Awaited<ReturnType<typeof edit>>, { is: "edited" }>) {
  const { cut, remark } = piece;
  return {
    is: "edited" as const,
    path,
    cut,
    calls: [...calls],
    ...(remark === undefined ? {} : { remark }),
  };
}

function colleagues(ctx: Context, maxWords: number): Colleagues {
  const from = {
    librarian: ctx.client(librarian),
    indexer: ctx.client(indexer),
    summarizer: ctx.client(summarizer),
    reviewer: ctx.client(reviewer),
  };
  return {
    read: (path) => from.librarian.read({ path }),
    terms: async ({ title, text }) => (await from.indexer.terms({ title, text })).terms,
    summarize: ({ title, text }, correction) =>
      from.summarizer.summarize({ title, text, maxWords, correction }),
    review: (summary, terms) => from.reviewer.review({ summary, terms: [...terms], maxWords }),
  };
}
