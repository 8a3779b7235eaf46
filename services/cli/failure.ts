import { MeshCode, MeshError } from "@myelin/mesh";
import { detailOf, lacksStreams, nextAfter, type Situation } from "./advice.ts";
import type { Context } from "./context.ts";
import { palette } from "./table.ts";
import { interruptedExit, plain, type Terminal } from "./terminal.ts";

/** What the exit code tells a script. */
export const Exit = Object.freeze({
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  unknown: 4,
  domain: 5,
  interrupted: interruptedExit,
} as const);

/** The same for people, at the end of `myelin --help`. */
export const exitHelp = `
Exit codes:
  0    done
  1    failed: the call, or a check of doctor
  2    wrong usage: an option, a name, JSON, or an input that breaks the contract
  3    the server cannot be reached
  4    no such agent, skill, task or artifact; nothing recorded to replay
  5    the agent answered with an error that its skill declares
  130  interrupted by Ctrl-C`;

const exits: Partial<Record<MeshCode, number>> = {
  invalid_argument: Exit.usage,
  invalid_name: Exit.usage,
  invalid_input: Exit.usage,
  unavailable: Exit.unreachable,
  unknown_agent: Exit.unknown,
  unknown_skill: Exit.unknown,
  unknown_task: Exit.unknown,
  unknown_artifact: Exit.unknown,
  domain_error: Exit.domain,
};

/** What a failure is told with. */
export interface ReportOptions {
  readonly json: boolean;
  readonly situation: Situation;
  /** Whether it was asked to end: what was given up then is no failure. */
  readonly wasInterrupted: boolean;
}

/** Tells a failure and what to do next; the answer is the exit code. */
export function report(thrown: unknown, terminal: Terminal, options: ReportOptions): number {
  const error = MeshError.from(thrown);
  const { situation, wasInterrupted } = options;
  const next = nextAfter(error, situation);
  const detail = detailOf(error, situation);
  if (options.json) {
    const { code, domain, retryAfterMs } = error;
    const shown = { code, message: detail, retryAfterMs, domain, next };
    terminal.err.write(`${JSON.stringify({ error: shown })}\n`);
  } else {
    const { red, dim } = palette(terminal.hasColours);
    terminal.err.write(`${red("error")} ${plain(`${error.code}: ${detail}`)}\n`);
    const said = JSON.stringify(error.domain?.data, undefined, 2);
    if (said !== undefined) terminal.err.write(`${plain(said)}\n`);
    if (next !== undefined) terminal.err.write(`${dim(`next: ${next}`)}\n`);
  }
  return exitOf(error, wasInterrupted);
}

function exitOf(error: MeshError, wasInterrupted: boolean): number {
  if (error.code === MeshCode.Cancelled) return wasInterrupted ? Exit.interrupted : Exit.failed;
  return lacksStreams(error) ? Exit.failed : (exits[error.code] ?? Exit.failed);
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
