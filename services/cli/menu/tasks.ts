import type { Command } from "commander";
import { showTask } from "../commands/task-show.ts";
import { submitTask, watchTask } from "../commands/task-submit.ts";
import { cancelTask, listTasks } from "../commands/tasks.ts";
import type { Add } from "./entry.ts";

/** The commands for work that is handed over. */
export function addTasks(add: Add, parent: Command): void {
  const whose = (command: Command): Command =>
    command
      .option("--agent <name>", "whose it is to do, where several have the id")
      .option("--submitter <name>", "who submitted it, where several have the id");
  add(
    "ls",
    "list what waits for each agent, or the tasks of one; takes an operator",
    (context, [agent], options) => listTasks(context, agent, options),
    parent,
  )
    .argument("[agent]", "its tasks one by one")
    .option("--skill <name>", "of this skill only")
    .option("--submitter <name>", "of this submitter only")
    .option("--state <state>", "waiting, running, retrying or stuck only")
    .option("--most <number>", "the oldest so many; default: 1000");
  whose(
    add(
      "show",
      "show where a task stands, its attempts and its result; takes an operator",
      (context, [id = ""], options) => showTask(context, id, options),
      parent,
    ).argument("<id>", "as `myelin tasks ls` shows it"),
  );
  whose(
    add(
      "cancel",
      "stop a task that waits or runs; takes an operator",
      (context, [id = ""], options) => cancelTask(context, id, options),
      parent,
    ).argument("<id>", "as `myelin tasks ls` shows it"),
  );
  addSubmitting(add, parent);
}

function addSubmitting(add: Add, parent: Command): void {
  const target = (command: Command): Command =>
    command.argument("<agent>", "its name").argument("<skill>", "one of its skills");
  target(
    add(
      "submit",
      "store a task under our own name, and print its id",
      (context, [agent = "", skill = "", input], options) =>
        submitTask(context, { agent, skill, input }, options),
      parent,
    ),
  )
    .argument("[json]", "the input: JSON, @file, or - for standard input; default: {}")
    .option("--id <id>", "the same id again is the same task; default: a new one")
    .option("--key <key>", "wait while another task with this key runs")
    .option("--priority <class>", "high or normal; default: normal")
    .option(
      "--deadline <time>",
      "how long it is worth doing, such as 90s, 2h or 1d; default: a day",
    )
    .option("--contract <version>", "of its contract; needed only while nobody serves it")
    .option("--wait", "print what it tells, and its result");
  target(
    add(
      "watch",
      "print what a task of ours tells, and its result",
      (context, [agent = "", skill = "", id = ""]) => watchTask(context, { agent, skill }, id),
      parent,
    ),
  ).argument("<id>", "as it was submitted");
}
