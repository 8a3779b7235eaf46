import { Command, CommanderError } from "commander";
import type { Situation } from "./advice.ts";
import { type CommonOptions, resolveContext } from "./context.ts";
import { Exit, exitHelp, report, usage } from "./failure.ts";
import { whereaboutsOf } from "./hints.ts";
import { type HomeOptions, resolveHome, resolveNewHome } from "./home.ts";
import { addDead } from "./menu/dead.ts";
import type { Add, AddToHome } from "./menu/entry.ts";
import { addEvents } from "./menu/events.ts";
import { addKeeping } from "./menu/keeping.ts";
import { addLater } from "./menu/later.ts";
import { addLooking } from "./menu/looking.ts";
import { addReplaying } from "./menu/replaying.ts";
import { addRunning } from "./menu/running.ts";
import { addTasks } from "./menu/tasks.ts";
import type { Terminal } from "./terminal.ts";
import { ownVersion } from "./version.ts";

/** What became of a command. */
interface Outcome {
  exit: number;
  situation: Situation;
  wasInterrupted: boolean;
}

/** Runs the command that the arguments name; the answer is the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const where = whereaboutsOf({}, terminal);
  const outcome: Outcome = { exit: Exit.ok, situation: { where }, wasInterrupted: false };
  try {
    await program(terminal, outcome, args).parseAsync([...args], { from: "user" });
    return outcome.exit;
  } catch (error) {
    const json = args.includes("--json");
    if (!(error instanceof CommanderError)) {
      return report(error, terminal, { json, ...outcome });
    }
    if (error.exitCode === 0) return Exit.ok;
    // To a person commander has told what is wrong already.
    if (json) report(usage(error.message.replace(/^error: /, "")), terminal, { json, ...outcome });
    return Exit.usage;
  }
}

/** The terminal, with a note of whether a person ended the command. */
function heard(terminal: Terminal, outcome: Outcome): Terminal {
  const { out, err, input, isTty, hasColours, columns, env, cwd } = terminal;
  const onInterrupt: Terminal["onInterrupt"] = (listener) =>
    terminal.onInterrupt((signal) => {
      outcome.wasInterrupted = true;
      listener(signal);
    });
  return { out, err, input, isTty, hasColours, columns, env, cwd, onInterrupt };
}

function program(terminal: Terminal, outcome: Outcome, args: readonly string[]): Command {
  const root = rootOf(terminal, args);
  const add = addTo(root, terminal, outcome);
  addLooking(add);
  addRunning(add);
  addReplaying(add);
  addLater(add, root.command("later").description("tasks and schedules that are not for now"));
  addTasks(
    add,
    root.command("tasks").description("work that is handed over, and outlives a process"),
  );
  addEvents(add, root.command("events").description("what agents tell, and who follows it"));
  addDead(add, root);
  addKeeping(addToHomeOf(root, terminal, outcome), root);
  return root;
}

/** The program without its commands; a script is told of mistakes as JSON, not by commander. */
function rootOf(terminal: Terminal, args: readonly string[]): Command {
  const isForScript = args.includes("--json");
  return (
    new Command("myelin")
      .description("Keeps an agent mesh, looks into it, and calls what is in it.")
      .version(ownVersion())
      .exitOverride()
      // `apply --version 3` is not the version of this program.
      .enablePositionalOptions()
      .showHelpAfterError("(--help shows what there is)")
      .configureOutput({
        writeOut: (text) => void terminal.out.write(text),
        writeErr: (text) => void (isForScript || terminal.err.write(text)),
        getOutHelpWidth: () => terminal.columns ?? 100,
        getErrHelpWidth: () => terminal.columns ?? 100,
      })
      .addHelpText("after", exitHelp)
  );
}

/** Adds commands that work with a mesh. */
function addTo(root: Command, terminal: Terminal, outcome: Outcome): Add {
  return (name, summary, work, parent = root) =>
    command(parent, name, summary)
      .option("--as <name>", "our name as a caller; default: MYELIN_AS, then ops")
      .option(
        "--workspace <name>",
        "where the home has several; default: MYELIN_WORKSPACE, else its only one",
      )
      .option(
        "--creds <file>",
        "credentials, or a folder of them; default: MYELIN_CREDS, the home's",
      )
      .action(async (...given: readonly unknown[]) => {
        const ran = given.at(-1) as Command;
        const options = ran.opts<CommonOptions>();
        outcome.situation = { where: whereaboutsOf(options, terminal), agent: ran.args[0] };
        const context = resolveContext(heard(terminal, outcome), options);
        outcome.exit = await work(context, ran.args, ran.opts());
      });
}

/** Adds commands that work with the home of a mesh. */
function addToHomeOf(root: Command, terminal: Terminal, outcome: Outcome): AddToHome {
  return (name, summary, work, parent = root) =>
    command(parent, name, summary).action(async (...given: readonly unknown[]) => {
      const ran = given.at(-1) as Command;
      outcome.situation = { where: whereaboutsOf(ran.opts<HomeOptions>(), terminal) };
      const resolve = name === "init" ? resolveNewHome : resolveHome;
      const home = resolve(terminal, ran.opts<HomeOptions>());
      outcome.exit = await work(home, ran.args, ran.opts());
    });
}

/** A command with what all of them take. */
function command(parent: Command, name: string, summary: string): Command {
  return parent
    .command(name)
    .description(summary)
    .option(
      "-s, --server <urls>",
      "NATS servers; default: MYELIN_URL, NATS_URL, the mesh that is up",
    )
    .option(
      "--home <folder>",
      "the home that `myelin init` made; default: MYELIN_HOME, the mesh that is up",
    )
    .option("--json", "print JSON, for scripts");
}
