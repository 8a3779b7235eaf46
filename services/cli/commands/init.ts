import { join } from "node:path";
import { type InitOptions, type InitResult, type InitStep, initHome } from "@myelin/mesh/operate";
import { printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { shellWord } from "../hints.ts";
import { type HomeContext, lasting, listed, shown } from "../home.ts";
import { ifGiven } from "../input.ts";

/** What `init` takes. */
export interface InitCommandOptions {
  readonly workspace?: string | readonly string[];
  readonly hosts?: string;
  readonly listen?: string;
  readonly mutual?: string | boolean;
  readonly days?: string;
}

/** Makes the home of a mesh, or what is missing of it. */
export async function init(context: HomeContext, options: InitCommandOptions): Promise<number> {
  const result = await initHome(initOptions(context, options));
  const { made, kept } = result;
  const unused = made.length === 0 ? saidIn(options) : [];
  if (context.json) {
    printJson(context, { home: context.folder, made, kept, unused });
    return Exit.ok;
  }
  tell(context, result);
  if (unused.length > 0) {
    context.terminal.err.write(
      `${unused.join(", ")}: nothing of it was done, for ${context.folder} is made already; change its mesh.yaml and apply it, ` +
        "issue certificates anew with `myelin certify`, credentials with `myelin identity renew`, or make another home with --home\n",
    );
  }
  return Exit.ok;
}

function initOptions(context: HomeContext, options: InitCommandOptions): InitOptions {
  const { workspace, hosts, listen, mutual } = options;
  return {
    folder: context.folder,
    workspaces: workspace === undefined ? undefined : [workspace].flat(),
    hosts: ifGiven(hosts, "--hosts", listed),
    listen,
    clientCertificates: mutual === undefined ? undefined : "required",
    ...lasting(options),
  };
}

/** The options that were given. A home keeps its form: who asks for another one must not believe that it got it. */
function saidIn({ workspace, hosts, listen, mutual, days }: InitCommandOptions): string[] {
  const options = Object.entries({ workspace, hosts, listen, mutual, days });
  return options.filter(([, said]) => said !== undefined).map(([name]) => `--${name}`);
}

function tell(context: HomeContext, { made, kept }: InitResult): void {
  const { terminal, palette } = context;
  const home = shown(context, context.folder);
  const line = (verb: string, { what, path }: InitStep): void => {
    terminal.out.write(`${verb}  ${what.padEnd(24)}  ${palette.dim(join(home, path))}\n`);
  };
  for (const step of made) line(palette.green("made"), step);
  for (const step of kept) line(palette.dim("kept"), step);
  if (made.length > 0) terminal.err.write(palette.dim(nextSteps(home)));
}

function nextSteps(home: string): string {
  return [
    "",
    `next: nats-server -c ${shellWord(join(home, "server", "nats-server.conf"))}`,
    `      edit ${shellWord(join(home, "mesh.yaml"))}, then: myelin apply --home ${shellWord(home)}`,
    `      agents find it by MYELIN_HOME=${shellWord(home)}`,
    `      keep ${shellWord(join(home, "operator", "master.seed"))} elsewhere: day to day nothing needs it`,
    "",
  ].join("\n");
}
