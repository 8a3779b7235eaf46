import { Command, CommanderError, Option } from "commander";
import { agents } from "./commands/agents.ts";
import { call } from "./commands/call.ts";
import { card } from "./commands/card.ts";
import { doctor } from "./commands/doctor.ts";
import { env } from "./commands/env.ts";
import { tap } from "./commands/tap.ts";
import { up } from "./commands/up.ts";
import { type CommonOptions, type Context, resolveContext } from "./context.ts";
import { Exit, exitHelp, report } from "./failure.ts";
import type { Terminal } from "./terminal.ts";
import { ownVersion } from "./version.ts";

/** Runs the command that the arguments name; the answer is the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let exit: number = Exit.ok;
  const done = (code: number): void => {
    exit = code;
  };
  try {
    await program(terminal, done).parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    // Commander has told what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.usage;
    return report(error, terminal, args.includes("--json"));
  }
}

function program(terminal: Terminal, done: (code: number) => void): Command {
  const root = new Command("myelin")
    .description("Looks into an agent mesh, and calls what is in it.")
    .version(ownVersion())
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)")
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
      getOutHelpWidth: () => terminal.columns ?? 100,
      getErrHelpWidth: () => terminal.columns ?? 100,
    })
    .addHelpText("after", exitHelp);
  /** A command with the options that all have; `work` gets the context, and what commander parsed. */
  const add = (
    usage: string,
    description: string,
    work: (
      context: Context,
      args: readonly string[],
      options: Record<string, string>,
    ) => Promise<number>,
  ): Command =>
    commonOptions(root.command(usage).description(description)).action(
      async (...given: readonly unknown[]) => {
        const command = given.at(-1) as Command;
        const context = resolveContext(terminal, command.opts<CommonOptions>());
        done(await work(context, command.args, command.opts()));
      },
    );

  add(
    "up",
    "start a server and the desk of agents, and stay; files and options go to the desk",
    (context, args) => up(context, args),
  )
    .argument("[args...]")
    .allowUnknownOption();
  add("agents", "who is there, in which state, how loaded", (context, _args, options) =>
    agents(context, options),
  ).option("-i, --instances", "a row for each instance");
  add("card", "an agent's contract: its skills, what they take and give", (context, [agent = ""]) =>
    card(context, agent),
  ).argument("<agent>");
  add(
    "call",
    "call a skill and print its answer, or each frame as it comes",
    (context, args, options) => {
      const [agent = "", skill = "", input] = args;
      return call(context, { agent, skill, input }, options);
    },
  )
    .argument("<agent>")
    .argument("<skill>")
    .argument("[json]", "the input: JSON, @file, or - for standard input; default {}")
    .option(
      "--timeout <time>",
      "how long to wait, such as 500ms or 5s; default: the skill's deadline",
    );
  add("tap", "watch calls as they end, until Ctrl-C", (context, _args, options) =>
    tap(context, options),
  )
    .option("--agent <name>", "calls to this agent only")
    .option("--skill <name>", "calls of this skill only")
    .option("--caller <name>", "calls by this caller only")
    .option("--count <number>", "end after so many calls");
  add("doctor", "check versions, the server, clocks and what else a mesh needs", (context) =>
    doctor(context),
  );
  add(
    "env",
    'exports for the nats CLI and other clients: eval "$(myelin env)"',
    (context, _args, options) => env(context, options),
  ).option(
    "--out <file>",
    "where the context of the nats CLI goes; default: .cache/nats/<name>.json",
  );
  return root;
}

function commonOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-s, --server <urls>",
        "the NATS servers; default: MYELIN_URL, NATS_URL, the mesh that is up",
      ),
    )
    .addOption(new Option("--as <name>", "the caller's name; default: MYELIN_AS, then ops"))
    .addOption(new Option("--json", "print JSON for scripts"));
}
