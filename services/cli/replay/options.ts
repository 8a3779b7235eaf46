import { MeshCode, MeshError } from "@myelin/mesh";
import {
  type ReplayAgent,
  type ReplaySource,
  replaySources,
  type Selection,
} from "@myelin/mesh/operate";
import { usage } from "../failure.ts";
import { ifGiven, parseDuration, parseMoment, wholeNumber } from "../input.ts";

/** What `myelin replay` takes. */
export interface ReplayFlags {
  readonly from?: string;
  readonly since?: string;
  readonly until?: string;
  readonly trace?: string;
  readonly task?: string;
  readonly agent?: string;
  readonly skill?: string;
  readonly caller?: string;
  readonly subject?: string;
  readonly most?: string;
  readonly replays?: boolean;
  readonly to?: string;
  readonly version?: string;
  readonly follow?: string;
  readonly onward?: boolean;
  readonly live?: boolean;
  readonly timeout?: string;
  readonly speed?: string;
  readonly step?: boolean;
  readonly diff?: boolean;
  readonly ignore?: string;
}

/** What is meant, as the library takes it. */
export function selectionOf(flags: ReplayFlags, now = new Date()): Selection {
  const { trace, task, agent, skill, caller, subject, replays } = flags;
  const moment = (text: string, option: string): Date => parseMoment(text, option, now);
  return {
    ...{ trace, task, agent, skill, caller, subject, replays },
    from: ifGiven(flags.from, "--from", sourceOf),
    since: ifGiven(flags.since, "--since", moment),
    until: ifGiven(flags.until, "--until", moment),
    most: ifGiven(flags.most, "--most", wholeNumber),
  };
}

/** What to throw where there is nothing to replay: a comparison that compares nothing must not pass. */
export function nothingFits(flags: ReplayFlags): MeshError {
  const typed = narrowing.flatMap((name) =>
    flags[name] === undefined ? [] : [` --${name} ${flags[name]}`],
  );
  const nothing =
    typed.length === 0 ? "nothing is recorded" : `nothing recorded fits${typed.join("")}`;
  return new MeshError(
    MeshCode.UnknownTask,
    `${nothing}, and nothing was replayed; check names, ids and times, and where --from looks: without --to, --version and these it lists what is there`,
  );
}

const narrowing = [
  ...(["from", "since", "until", "trace", "task"] as const),
  ...(["agent", "skill", "caller", "subject"] as const),
] as const;

/** Where it is done once more; undefined where it is only to be shown. */
export function agentOf(flags: ReplayFlags): ReplayAgent | undefined {
  const { to, version, follow, onward = false, live = false, timeout } = flags;
  if (to === undefined && version === undefined) {
    const idle = (["speed", "step", "diff", "ignore", "onward", "live", "timeout"] as const).find(
      (name) => flags[name] !== undefined,
    );
    if (idle === undefined) return undefined;
    throw usage(
      `--${idle} is for a replay: say where to, with --to <agent> or --version <version>`,
    );
  }
  const timeoutMs = ifGiven(timeout, "--timeout", parseDuration);
  return { ...{ agent: to, version, follow }, ...{ onward, live, timeoutMs } };
}

/** `recorded`, `unpaced`, or so many times as fast. */
export function speedOf({ speed = "recorded" }: ReplayFlags): number | "unpaced" {
  if (speed === "recorded") return 1;
  if (speed === "unpaced") return speed;
  const times = Number(speed.replace(/x$/, ""));
  if (times > 0) return times;
  throw usage(`--speed must be recorded, unpaced or a number such as 10, got ${speed}`);
}

function sourceOf(from: string): ReplaySource {
  const source = replaySources.find((one) => one === from);
  if (source !== undefined) return source;
  throw usage(`--from must be one of ${replaySources.join(", ")}, got ${from}`);
}
