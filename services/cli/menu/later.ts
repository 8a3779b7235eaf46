import type { Command } from "commander";
import { cancelLater, listLater } from "../commands/later.ts";
import type { Add } from "./entry.ts";

/** The commands for what is not for now. */
export function addLater(add: Add, parent: Command): void {
  const meaning = (command: Command): Command =>
    command
      .option("--agent <name>", "for this agent only")
      .option("--skill <name>", "for this skill only")
      .option("--submitter <name>", "of this submitter only");
  meaning(
    add(
      "ls",
      "list tasks and schedules that are for later; takes an operator",
      (context, _args, options) => listLater(context, options),
      parent,
    ),
  );
  meaning(
    add(
      "cancel",
      "take a task or schedule back before it is due; takes an operator",
      (context, [id = ""], options) => cancelLater(context, id, options),
      parent,
    ).argument("<id>", "as `myelin later ls` shows it"),
  ).option("--dry-run", "show what would be cancelled");
}
