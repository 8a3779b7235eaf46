import { runKeeper, settingsOf } from "@myelin/keeper";
import { type CommonOptions, type Context, note, printJson, resolveContext } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";

/** What `keeper` takes beside what all commands do. */
export interface KeeperOptions extends CommonOptions {
  readonly storeCreds?: string;
  readonly port?: string;
  readonly host?: string;
}

/** Looks after a workspace's dead letters and later tasks, until Ctrl-C. */
export async function keeper({ terminal }: Context, options: KeeperOptions): Promise<number> {
  // Unless it is told another, its name is its role's, whomever `env` has made this shell: nobody is a caretaker by the way.
  const { as = "keeper" } = options;
  const context = resolveContext(terminal, { ...options, as });
  const { storeCreds, port, host } = options;
  const settings = settingsOf(context.place, {
    ...{ name: as, port, host },
    storeCreds: storeCreds ?? (terminal.env.MYELIN_STORE_CREDS || undefined),
  });
  const running = await runKeeper(settings);
  const url = running.probes?.url;
  if (context.json) printJson(context, { name: as, url });
  else {
    const probes = url === undefined ? "" : `; probes and metrics at ${url}`;
    note(context, `${as} looks after ${context.place.servers.join(", ")}${probes}; Ctrl-C ends it`);
  }
  await interruptible(context, untilAborted);
  await running.stop();
  return Exit.ok;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
