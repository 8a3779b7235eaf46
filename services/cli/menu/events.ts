import type { Command } from "commander";
import { listFollows, publishEvent, tailEvents } from "../commands/events.ts";
import type { Add } from "./entry.ts";

/** The commands for events. */
export function addEvents(add: Add, parent: Command): void {
  add(
    "ls",
    "list who follows events, and how far behind; takes an operator or observer",
    (context) => listFollows(context),
    parent,
  );
  add(
    "tail",
    "print events as they are stored, until Ctrl-C; takes an operator or observer",
    (context, [events], options) => tailEvents(context, events, options),
    parent,
  )
    .argument("[events]", "publisher.name, publisher.* or *; default: *")
    .option("--from <place>", "beginning, or the number of the first event; default: from now on")
    .option("--count <number>", "end after so many events")
    .option("--once", "end with the last event that is there");
  add(
    "publish",
    "store an event under our own name, checked where we may ask for our card, and print its id",
    (context, [name = "", data], options) => publishEvent(context, { name, data }, options),
    parent,
  )
    .argument("<name>", "the event's name, without ours")
    .argument("[json]", "its data: JSON, @file, or - for standard input; default: {}")
    .option("--id <id>", "the same id again is the same event; default: a new one")
    .option("--subject <text>", "what it is about");
}
