import { call } from "../commands/call.ts";
import { env } from "../commands/env.ts";
import { keeper } from "../commands/keeper.ts";
import { up } from "../commands/up.ts";
import type { Add } from "./entry.ts";

/** The commands that do something. */
export function addRunning(add: Add): void {
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
  const keeping = add(
    "keeper",
    "look after dead letters and later tasks, until Ctrl-C; as keeper, unless --as is given",
    (context, _args, options) => keeper(context, options),
  )
    .option("--store-creds <file>", "its credentials in the store; default: those beside its own")
    .option("--port <number>", "serve probes and metrics there; default: none")
    .option("--host <address>", "listen on this address; default: 127.0.0.1");
  // Of all commands this one alone goes by the name of its role, whatever the environment says.
  for (const option of keeping.options) {
    if (option.long === "--as") option.description = "a keeper of mesh.yaml; default: keeper";
  }
  add("up", "start a server and the desk of agents, and stay", (context, args, options) =>
    up(context, args, options),
  )
    .argument("[files...]", "what the desk reads; other options go to the desk as well")
    .allowUnknownOption();
}
