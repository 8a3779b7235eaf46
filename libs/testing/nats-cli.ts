import { execFile } from "node:child_process";
import { natsCli } from "./binary.ts";
import { guardedFolder } from "./guard.ts";

/** What a run of the real `nats` CLI gave. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface CliOptions {
  /** The server's URL. */
  readonly url: string;
  /** More environment, such as `NATS_CONTEXT`. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Until it is killed, in milliseconds. Default: 20000. */
  readonly timeoutMs?: number;
}

/** Runs the real `nats` CLI, with none of the user's own settings; a failing one resolves as well. */
export function runNatsCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const program = natsCli();
  const { PATH, HOME } = process.env;
  const own = { NATS_URL: options.url, XDG_CONFIG_HOME: guardedFolder(), ...options.env };
  const env: NodeJS.ProcessEnv = { PATH, HOME, NO_COLOR: "1", ...own };
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { env, timeout: options.timeoutMs ?? 20_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}
