import { connect, MeshMetrics } from "@myelin/mesh";
import { editor } from "../contracts/editor.ts";
import { colleagues } from "../editing/colleagues.ts";
import { writeWhole } from "../editing/digest-task.ts";
import { edit } from "../editing/edit.ts";
import { figuresOf } from "../editing/figures.ts";
import { isRunOf, newRun } from "../editing/tasks.ts";
import type { TakePost } from "./post.ts";

/** Has every document summarised and reviewed, and writes one digest. */
export const takePost: TakePost = async ({ settings, connection, tasks }) => {
  const metrics = new MeshMetrics();
  const mesh = await connect({ ...connection, metrics, name: editor.name });
  const figures = () => figuresOf(metrics);
  await mesh.serve(
    editor,
    {
      digest({ run = newRun(settings.desk), ...order }, ctx) {
        if (!isRunOf(settings.desk, run)) return ctx.fail("other_run", { run });
        return writeWhole({ run, ...order }, ctx, { settings, figures });
      },
      async edit({ run, path, maxWords }, ctx) {
        if (!isRunOf(settings.desk, run)) return ctx.fail("other_run", { run });
        const outcome = await edit(path, colleagues(ctx, { run, maxWords }));
        return { outcome, attempt: ctx.attempt };
      },
    },
    // The digest itself is a task too, which holds its place until the last document is done.
    { tasks: { ...tasks, concurrency: settings.documentsAtOnce + 1 } },
  );
  return mesh;
};
