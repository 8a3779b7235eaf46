import { replay } from "../commands/replay.ts";
import type { Add } from "./entry.ts";

/** The commands for what was recorded. */
export function addReplaying(add: Add): void {
  add(
    "replay",
    "show what was recorded, or do it once more elsewhere; takes an auditor",
    (context, _args, options) => replay(context, options),
  )
    .option("--from <stream>", "records, tasks, results, events or dead; default: records")
    .option("--since <time>", "stored then or later: a time, or how long ago, such as 10m")
    .option("--until <time>", "stored then or before")
    .option("--trace <id>", "of this trace")
    .option("--task <id>", "this task, or this call; with --from events this event")
    .option("--agent <name>", "of this agent's skills; of an event, who published it")
    .option("--skill <name>", "of this skill; of an event, its name")
    .option("--caller <name>", "called or submitted by this one")
    .option("--subject <pattern>", "published there; * and > as NATS has them")
    .option("--most <number>", "at most so many; default: 10000")
    .option("--replays", "also what was itself a replay")
    .option("--to <agent>", "do it once more: in this agent")
    .option(
      "--version <version>",
      "do it once more: in this version of the agent, always as a call",
    )
    .option("--follow <name>", "events: give them to this subscription of --to")
    .option("--diff", "compare the answers with those of then, field by field")
    .option("--ignore <paths>", "fields that may differ: at,sections[].id")
    .option("--speed <times>", "recorded, unpaced, or so many times as fast; default: recorded")
    .option("--step", "ask before each")
    .option("--onward", "let what is replayed call others and publish")
    .option("--live", "let the very agent that was recorded do it in earnest")
    .option(
      "--timeout <time>",
      "how long an answer may take, such as 5s; default: as long as it had",
    );
}
