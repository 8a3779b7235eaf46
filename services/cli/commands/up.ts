import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { MeshCode, MeshError, meshThatIsUp } from "@myelin/mesh";
import { type Context, printJson } from "../context.ts";
import { usage } from "../failure.ts";
import type { PlaceOptions } from "../place.ts";

const lookMs = 100;

/** Starts a server with the desk of agents, and stays until Ctrl-C. What follows `up` goes to the desk. */
export async function up(
  context: Context,
  args: readonly string[],
  options: PlaceOptions & { readonly as?: string },
): Promise<number> {
  const { terminal, json } = context;
  refuseOthersPlace(options);
  const main = deskMain();
  const node = [...process.execArgv, main, "--stay", ...args];
  const child = spawn(process.execPath, node, {
    cwd: terminal.cwd,
    env: terminal.env,
    // A script reads one line on standard output; what the desk tells people goes beside it.
    stdio: ["ignore", json ? 2 : "inherit", "inherit"],
  });
  const unhear = terminal.onInterrupt((signal) => {
    // A terminal interrupts the whole group: to the desk a second one means at once.
    if (signal === "SIGTERM" || !terminal.isTty) child.kill(signal);
  });
  const announcing = json ? announce(context, child.pid) : undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    announcing?.();
    unhear();
  }
}

/** Its server and its home are its own: who names another believes that the desk goes there. */
function refuseOthersPlace(options: Parameters<typeof up>[2]): void {
  const places = ["server", "home", "workspace", "creds", "as"] as const;
  const given = places.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw usage(
    `--${given} is not for up, which starts a server of its own; other commands find it by themselves in this folder`,
  );
}

/** Prints where the mesh is as soon as the desk has written it down; the answer calls it off. */
function announce(context: Context, pid: number | undefined): () => void {
  const timer = setInterval(() => {
    const found = meshThatIsUp(context.terminal.cwd);
    if (found === undefined || found.pid !== pid) return;
    clearInterval(timer);
    printJson(context, { url: found.url, pid: found.pid, home: found.home });
  }, lookMs);
  return () => clearInterval(timer);
}

function deskMain(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("@myelin/desk/package.json");
    const main = join(dirname(manifest), "main.ts");
    if (existsSync(main)) return main;
  } catch {
    // The desk is a demonstration and not published: outside the repository it is not there.
  }
  throw new MeshError(
    MeshCode.InvalidArgument,
    "up starts the desk, which comes with the repository only: run it there, or start a nats-server and your own agents",
  );
}
