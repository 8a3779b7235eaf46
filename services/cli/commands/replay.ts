import { openRecordings, type Recordings, type Selection } from "@myelin/mesh/operate";
import { type Context, entering, note } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { agentOf, nothingFits, type ReplayFlags, selectionOf, speedOf } from "../replay/options.ts";
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
    if (into === undefined) {
      return show(context, recordings.select(selection, { signal }), adviceFor(selection));
    }
    const steps = flags.step === true ? new Steps(context) : undefined;
    const ignore = flags.ignore?.split(",").map((path) => path.trim()) ?? [];
    const replayed = recordings.replay(selection, {
      ...{ into, speed, signal },
      step: steps && ((next) => steps.ask(next)),
      compare: flags.diff === true ? { ignore } : undefined,
    });
    const tally = await run(context, replayed);
    // Where a person was asked and ended it there was something.
    if (tally.replayed + tally.skipped === 0 && steps?.hasAsked !== true) throw nothingFits(flags);
    return judge(context, tally, flags.diff === true);
  });
}

async function show(
  context: Context,
  found: ReturnType<Recordings["select"]>,
  advice: string,
): Promise<number> {
  let many = 0;
  for await (const recorded of found) {
    if (many++ === 0) heading(context);
    showRecorded(context, recorded);
  }
  const told = many === 0 ? "nothing recorded fits" : `${many} found; ${advice}`;
  if (!context.json) note(context, context.palette.dim(told));
  return Exit.ok;
}

/** How what lies there is replayed: not everything can be asked of an agent. */
function adviceFor({ from }: Selection): string {
  if (from === "results") return "only a function replays results: openRecordings of the library";
  if (from === "events") return "--to <agent> --follow <name> replays them";
  return `--to <agent> replays ${from === "dead" ? "tasks among them" : "them"}`;
}

/** Tells of each as it is done. */
async function run(context: Context, replayed: ReturnType<Recordings["replay"]>): Promise<Tally> {
  const tally: Tally = { replayed: 0, skipped: 0, failed: 0, unanswered: 0, differing: 0 };
  for await (const one of replayed) {
    if (tally.replayed + tally.skipped === 0) heading(context);
    count(tally, one);
    showReplayed(context, one);
  }
  return tally;
}

/** That answers differ, or did not come, is what a script asks for. */
function judge(context: Context, tally: Tally, isCompared: boolean): number {
  const { replayed, differing, failed, skipped, unanswered } = tally;
  const compared = isCompared ? `, ${differing} differ` : "";
  const summary = `${replayed} replayed${compared}, ${failed} failed, ${skipped} skipped`;
  if (!context.json) note(context, context.palette.dim(summary));
  return differing + unanswered > 0 ? Exit.failed : Exit.ok;
}
