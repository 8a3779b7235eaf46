import type { Context, Handlers, TaskHandle } from "@myelin/mesh";
import { crafts, type manager } from "./contracts.ts";

/** What the manager thinks of a piece of work: nothing when it is good. */
export type Review = (craft: string, work: string) => string | undefined;

/** Most often that a piece is sent back; then it is as it is. */
const mostRounds = 3;

/** The manager's handler: safe to run again, since each task's id follows from its own. */
export function supervise(review: Review): Handlers<typeof manager> {
  return {
    build: async ({ what }, ctx) => {
      // All at once: who has room in each craft takes its own.
      const pieces = await Promise.all(crafts.map((craft) => makeOne(craft, what, review, ctx)));
      return { page: pieces.join("\n") };
    },
  };
}

async function makeOne(
  craft: (typeof crafts)[number],
  what: string,
  review: Review,
  ctx: Context,
): Promise<string> {
  const { make } = ctx.client(craft);
  const brief = `build ${what}: your part as ${craft.name}`;
  let sentBack: { readonly work: string; readonly reason: string } | undefined;
  for (let round = 1; ; round++) {
    const id = `${ctx.id}-${craft.name}-${round}`;
    const task: TaskHandle<{ work: string }> = await make.submit(
      { brief, ...(sentBack === undefined ? {} : { sentBack }) },
      { id },
    );
    const { work } = await task.result({ signal: ctx.signal });
    const reason = review(craft.name, work);
    if (reason === undefined || round === mostRounds) return work;
    await ctx.progress({ sentBack: craft.name, reason });
    sentBack = { work, reason };
  }
}
