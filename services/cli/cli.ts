import { Command, CommanderError } from "commander";
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

/** Does one command's work with what commander parsed; the answer is the exit code. */
type Work = (
  context: Context,
  args: readonly string[],
  options: Readonly<Record<string, string>>,
) => Promise<number>;

/** What became of a command. */
interface Outcome {
  exit: number;
  args: readonly string[];
}

/** Runs the command that the arguments name; the answer is the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const outcome: Outcome = { exit: Exit.ok, args: [] };
  try {
    await program(terminal, outcome).parseAsync([...args], { from: "user" });
    return outcome.exit;
  } catch (error) {
    // Commander has told what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.usage;
    return report(error, terminal, { json: args.includes("--json"), agent: outcome.args[0] });
  }
}

function program(terminal: Terminal, outcome: Outcome): Command {
  const root = new Command("myelin")
    .description("Looks into an agent mesh, and calls what is in it.")
    .version(ownVersion())
    .exitOverride()
    .showHelpAfterError("(--help shows what there is)")
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
      getOutHelpWidth: () => terminal.columns ?? 100,
      getErrHelpWidth: () => terminal.columns ?? 100,
    })
    .addHelpText("after", exitHelp);
  const add = (name: string, summary: string, work: Work): Command =>
    root
      .command(name)
      .description(summary)
      .option(
        "-s, --server <urls>",
        "NATS servers; default: MYELIN_URL, NATS_URL, the mesh that is up",
      )
      .option("--as <name>", "our name as a caller; default: MYELIN_AS, then ops")
      .option("--json", "print JSON, for scripts")
      .action(async (...given: readonly unknown[]) => {
        const command = given.at(-1) as Command;
        outcome.args = command.args;
        const context = resolveContext(terminal, command.opts<CommonOptions>());
        outcome.exit = await work(context, command.args, command.opts());
      });
  addLooking(add);
  addRunning(add);
  return root;
}

/** The commands that look. */
function addLooking(add: (name: string, summary: string, work: Work) => Command): void {
  add("agents", "list who is there, in which state, how loaded", (context, _args, options) =>
    agents(context, options),
  ).option("-i, --instances", "a row for each instance");
  add("card", "show an agent's contract: what its skills take and give", (context, [agent = ""]) =>
    card(context, agent),
  ).argument("<agent>", "its name");
  add("tap", "watch calls as they end, until Ctrl-C", (context, _args, options) =>
    tap(context, options),
  )
    .option("--agent <name>", "calls to this agent only")
    .option("--skill <name>", "calls of this skill only")
    .option("--caller <name>", "calls by this caller only")
    .option("--count <number>", "end after so many calls");
  add("doctor", "check versions, server, clocks and what else a mesh needs", (context) =>
    doctor(context),
  );
}

/** The commands that do something. */
function addRunning(add: (name: string, summary: string, work: Work) => Command): void {
  add(
    "call",
    "call a skill; print its answer, or each frame as it comes",
    (context, args, options) => {
      const [agent = "", skill = "", input] = args;
      return call(context, { agent, skill, input }, options);
    },
  )
    .argument("<agent>", "its name")
    .argument("<skill>", "one of its skills")
    .argument("[json]", "the input: JSON, @file, or - for standard input; default: {}")
    .option(
      "--timeout <time>",
      "how long to wait, such as 500ms or 5s; default: the skill's deadline",
    );
  add(
    "env",
    'print exports for the nats CLI and others: eval "$(myelin env)"',
    (context, _args, options) => env(context, options),
  ).option("--out <file>", "where the nats CLI's context goes; default: .cache/nats/<name>.json");
  add("up", "start a server and the desk of agents, and stay", (context, args) => up(context, args))
    .argument("[files...]", "what the desk reads; other options go to the desk as well")
    .allowUnknownOption();
}
