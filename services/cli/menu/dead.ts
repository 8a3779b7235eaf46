import type { Command } from "commander";
import { drop, list, redrive } from "../commands/dead.ts";
import { show } from "../commands/dead-show.ts";
import type { Add } from "./entry.ts";

/** The commands that look after what could not be done. */
export function addDead(add: Add, root: Command): void {
  const parent = root
    .command("dead")
    .description("tasks and events that could not be done: look, bring back, be done with");
  filtered(
    add(
      "ls",
      "list dead letters, the oldest first",
      (context, _args, options) => list(context, options),
      parent,
    ),
  )
    .option("--state <state>", "open, redriven, dropped or any; default: open")
    .option("--most <number>", "the oldest so many; default: 1000");
  add(
    "show",
    "show a dead letter: what became of it, its headers and its body",
    (context, [what = ""]) => show(context, what),
    parent,
  ).argument("<what>", "the id of a task or event, or the subject of a letter");
  filtered(
    add(
      "redrive",
      "bring dead letters back, each under its own id",
      (context, [what], options) => redrive(context, what, options),
      parent,
    ),
  )
    .argument(
      "[what]",
      "the id of a task or event, or the subject of a letter; default: what the options mean",
    )
    .option("--all", "every open one, where no option narrows it")
    .option("--to <agent>", "a sandbox that shall do it instead: its result comes to us")
    .option("--rate <number>", "most in a second; default: 50")
    .option("--dry-run", "show what would be done, and do nothing");
  filtered(
    add(
      "drop",
      "be done with dead letters; keeper removes them a day later",
      (context, [what], options) => drop(context, what, options),
      parent,
    ),
  )
    .argument(
      "[what]",
      "the id of a task or event, or the subject of a letter; default: what the options mean",
    )
    .option("--all", "every open one, where no option narrows it")
    .option("--dry-run", "show what would be done, and do nothing");
}

/** What narrows the letters down. */
function filtered(command: Command): Command {
  return command
    .option("--agent <name>", "whose it was to do")
    .option("--skill <name>", "of this skill, or this subscription")
    .option("--from <name>", "who submitted it, or published it")
    .option("--cause <code>", "died of this error code, such as handler_failed")
    .option("--kind <kind>", "task or event")
    .option("--trace <id>", "of this trace")
    .option("--since <time>", "died since: a date, or a span such as 2h")
    .option("--until <time>", "died before");
}
