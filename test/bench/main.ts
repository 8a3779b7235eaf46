import { access, constants } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { balance } from "./balance.ts";
import { call } from "./call.ts";
import { durable } from "./durable.ts";
import { identity } from "./identity.ts";
import { idle } from "./idle.ts";
import { stream } from "./stream.ts";
import { type Bench, BenchError } from "./support/bench.ts";
import { bundle } from "./support/bundle.ts";
import { exitOnSignals } from "./support/leftovers.ts";
import { document, table } from "./support/report.ts";

const benches: Readonly<Record<string, Bench>> = { call, balance, durable, idle, identity, stream };

const usage = `usage: npm run bench -- <${Object.keys(benches).join(" | ")}> [--json] [--quick]`;

exitOnSignals();
process.exitCode = await main(process.argv.slice(2));

/** Runs one bench and answers with the exit code: 2 for a command that does not exist, 1 when it could not measure. */
async function main(args: readonly string[]): Promise<number> {
  const command = read(args);
  if (typeof command === "string") {
    say(`${command}\n${usage}`);
    return 2;
  }
  try {
    const natsServer = await findServer();
    await using programs = await bundle(command.bench.programs);
    const { quick } = command;
    const figures = await command.bench.run({ quick, natsServer, programs: programs.folder, say });
    const print = command.json ? document : table;
    process.stdout.write(`${print(command.name, figures)}\n`);
    return 0;
  } catch (error) {
    say(error instanceof BenchError ? error.message : String((error as Error).stack ?? error));
    return 1;
  }
}

interface Command {
  readonly name: string;
  readonly bench: Bench;
  readonly json: boolean;
  readonly quick: boolean;
}

/** The command line as a command, or what is wrong with it. */
function read(args: readonly string[]): Command | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { positionals, values } = parsed;
  const [name, ...more] = positionals;
  if (name === undefined) return "which bench?";
  if (more.length > 0) return `one bench at a time, got ${positionals.join(" ")}`;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined) return `there is no bench ${JSON.stringify(name)}`;
  return { name, bench, json: values.json, quick: values.quick };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
    },
  });
}

/** The server that setup found, or the one in the repository's cache. */
async function findServer(): Promise<string> {
  const cached = fileURLToPath(new URL("../../.cache/bin/nats-server", import.meta.url));
  const path = process.env.MYELIN_NATS_SERVER ?? cached;
  try {
    await access(path, constants.X_OK);
    return path;
  } catch {
    throw new BenchError(
      `${path} is no program that can be run; set MYELIN_NATS_SERVER, or run this by \`npm run bench\``,
    );
  }
}

/** Standard output belongs to the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
