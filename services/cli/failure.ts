import { MeshCode, MeshError } from "@myelin/mesh";
import type { Context } from "./context.ts";
import { palette } from "./table.ts";
import { plain, type Terminal } from "./terminal.ts";

/** What the exit code tells a script. */
export const Exit = Object.freeze({
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  unknown: 4,
  domain: 5,
  interrupted: 130,
} as const);

/** The same for people, at the end of `myelin --help`. */
export const exitHelp = `
Exit codes:
  0    done
  1    failed: the call, or a check of doctor
  2    wrong usage: an option, a name, JSON, or an input that breaks the contract
  3    the server cannot be reached
  4    no such agent or skill
  5    the agent answered with an error that its skill declares
  130  interrupted by Ctrl-C`;

const exits: Partial<Record<MeshCode, number>> = {
  invalid_argument: Exit.usage,
  invalid_name: Exit.usage,
  invalid_input: Exit.usage,
  unavailable: Exit.unreachable,
  unknown_agent: Exit.unknown,
  unknown_skill: Exit.unknown,
  domain_error: Exit.domain,
  cancelled: Exit.interrupted,
};

const advice: Partial<Record<MeshCode, string>> = {
  unavailable:
    "start a mesh with `myelin up`, or say where one is: --server nats://host:4222, or MYELIN_URL",
  unknown_agent: "`myelin agents` lists who is there",
  unknown_skill: "`myelin card <agent>` shows its skills",
  invalid_input: "`myelin card <agent>` shows what the skill takes",
  deadline_exceeded: "--timeout allows more time, such as --timeout 60s",
  overloaded: "try again in a moment; `myelin agents` shows the load",
  circuit_open: "try again in a moment; the skill kept failing",
  permission_denied:
    "the server decides what each may do: log in as another with --as or --creds, or grant it in mesh.yaml, to a name at agents.<name>, to who holds a role at roles.<role>",
  handler_failed: "the agent's log says why",
};

/** What to do about a failure, where there is something. */
export function adviceOn(code: MeshCode, agent = "<agent>"): string | undefined {
  return advice[code]?.replace("<agent>", agent);
}

/** What to do about this failure: what it says itself of why we could not connect, else what its code says. */
export function nextAfter({ code, cause, detail }: MeshError, agent?: string): string | undefined {
  const [, told] = cause instanceof MeshError ? (/; (.*)$/s.exec(cause.detail) ?? []) : [];
  // The server is there.
  if (code === "unavailable" && detail.includes("`myelin apply`")) return undefined;
  // That a server may not be running is told better by the table: by what this command line can do about it.
  if (told === undefined || told.includes("nats-server running")) return adviceOn(code, agent);
  return commandWords.reduce((text, [word, ours]) => text.replaceAll(word, ours), told);
}

/** What programs call it, and what the command line does. */
const commandWords: readonly (readonly [string, string])[] = [
  ["tls.caFile (or nats.tls)", "MYELIN_CA, or name the home with --home"],
  ["tls.certFile and tls.keyFile", "MYELIN_CERT and MYELIN_KEY"],
  [
    "check the credentials: `credentials`, or nats.authenticator, nats.user and nats.pass",
    "log in with --home, --creds, or --server nats://user:password@host:4222",
  ],
  ["`servers`", "--server"],
];

/** What a failure is told with. */
export interface ReportOptions {
  readonly json: boolean;
  /** The agent that the command was about, if any. */
  readonly agent: string | undefined;
}

/** Tells a failure and what to do next; the answer is the exit code. */
export function report(thrown: unknown, terminal: Terminal, options: ReportOptions): number {
  const error = MeshError.from(thrown);
  const next = nextAfter(error, options.agent);
  if (options.json) {
    const { code, detail, domain, retryAfterMs } = error;
    const shown = { code, message: detail, retryAfterMs, domain, next };
    terminal.err.write(`${JSON.stringify({ error: shown })}\n`);
  } else {
    const { red, dim } = palette(terminal.hasColours);
    terminal.err.write(`${red("error")} ${plain(error.message)}\n`);
    const said = JSON.stringify(error.domain?.data, undefined, 2);
    if (said !== undefined) terminal.err.write(`${plain(said)}\n`);
    if (next !== undefined) terminal.err.write(`${dim(`next: ${next}`)}\n`);
  }
  return exits[error.code] ?? Exit.failed;
}

/** A mistake in what the user typed. */
export function usage(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}

/** Runs `work` with a signal that Ctrl-C aborts. */
export async function interruptible<T>(
  context: Context,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const unhear = context.terminal.onInterrupt(() => {
    controller.abort("interrupted");
  });
  try {
    return await work(controller.signal);
  } finally {
    unhear();
  }
}
