import { constants } from "node:os";
import { baseOf, natsServerOf, sourcesOf } from "./config.ts";
import { help, readInvocation } from "./options.ts";
import { exit, explain } from "./run/failure.ts";
import { isWhole } from "./run/record.ts";
import { run } from "./run/run.ts";
import { createScreen, type Screen } from "./screen/screen.ts";
import { readChatServer } from "./settings.ts";

/** The main job: a desk of agents over real documents; the answer is the exit code. */
async function main(screen: Screen): Promise<number> {
  const { env } = process;
  const cwd = process.cwd();
  const invocation = readInvocation(process.argv.slice(2), cwd);
  if (invocation.is === "help") {
    process.stdout.write(help);
    return exit.ok;
  }
  // Here as well as in the agents' processes: a person is told at once.
  readChatServer(env);
  const sources = await sourcesOf(invocation.options.named, baseOf(env, cwd));
  const interrupted = onSignals(screen);
  const world = { sources, natsServer: natsServerOf(env), cwd, env, screen, signal: interrupted };
  try {
    const record = await run(invocation.options, world);
    return isWhole(record) ? exit.ok : exit.failed;
  } catch (error) {
    if (interrupted.aborted) return 128 + Number(interrupted.reason);
    throw error;
  }
}

/** A supervisor signals the whole group, and whoever started us passes the same signal on: that is one. */
const sameSignalMs = 200;

/** Aborts on the first signal, with its number as reason; the second one ends the process. */
function onSignals(screen: Screen): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const code = constants.signals[name];
      // The agents and the server end by themselves when we are gone.
      if (controller.signal.aborted) {
        if (performance.now() - abortedAt < sameSignalMs) return;
        process.exit(128 + code);
      }
      abortedAt = performance.now();
      screen.clear();
      screen.say(`${name}: stopping; once more ends it at once`);
      controller.abort(code);
    });
  }
  // `npm start | head`: nobody reads on, so nobody waits for the digest.
  process.stdout.on("error", () => controller.abort(constants.signals.SIGPIPE));
  return controller.signal;
}

const screen = createScreen(process.stdout, process.env);
try {
  process.exitCode = await main(screen);
} catch (error) {
  const { code, lines } = explain(error);
  screen.clear();
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exitCode = code;
}
