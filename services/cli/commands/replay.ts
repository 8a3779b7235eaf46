import { openRecordings, type Recordings } from "@myelin/mesh/operate";
import { type Context, entering, note } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { agentOf, type ReplayFlags, selectionOf, speedOf } from "../replay/options.ts";
import { count, heading, showRecorded, showReplayed, type Tally } from "../replay/show.ts";
import { Steps } from "../replay/steps.ts";

/** Shows what was recorded; with somewhere to do it, does it once more, and shows what is different. */
export async function replay(context: Context, flags: ReplayFlags): Promise<number> {
  const selection = selectionOf(flags);
  const into = agentOf(flags);
  const speed = speedOf(flags);
  await using recordings = await entering(context, openRecordings);
  // Awaited here: what is returned unawaited would outlive its connection.
  return await interruptible(context, async (signal) => {
    if (into === undefined) return show(context, recordings.select(selection, { signal }));
    const steps = flags.step === true ? new Steps(context) : undefined;
    const ignore = flags.ignore?.split(",").map((path) => path.trim()) ?? [];
    const replayed = recordings.replay(selection, {
      ...{ into, speed, signal },
      step: steps && ((next) => steps.ask(next)),
      compare: flags.diff === true ? { ignore } : undefined,
    });
    return run(context, replayed, flags.diff === true);
  });
}

async function show(context: Context, found: ReturnType<Recordings["select"]>): Promise<number> {
  let many = 0;
  for await (const recorded of found) {
    if (many++ === 0) heading(context);
    showRecorded(context, recorded);
  }
  const next = many === 0 ? "" : "; --to <agent> replays them";
  if (!context.json) note(context, context.palette.dim(`${many} found${next}`));
  return Exit.ok;
}

/** That answers differ, or did not come, is what a script asks for. */
async function run(
  context: Context,
  replayed: ReturnType<Recordings["replay"]>,
  isCompared: boolean,
): Promise<number> {
  const tally: Tally = { replayed: 0, skipped: 0, failed: 0, unanswered: 0, differing: 0 };
  for await (const one of replayed) {
    if (tally.replayed + tally.skipped === 0) heading(context);
    count(tally, one);
    showReplayed(context, one);
  }
  const { differing, failed, skipped } = tally;
  const compared = isCompared ? `, ${differing} differ` : "";
  const summary = `${tally.replayed} replayed${compared}, ${failed} failed, ${skipped} skipped`;
  if (!context.json) note(context, context.palette.dim(summary));
  return differing + tally.unanswered > 0 ? Exit.failed : Exit.ok;
}
