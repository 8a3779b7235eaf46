import { stripVTControlCharacters } from "node:util";

/** Where a command's text goes. */
export interface Output {
  /** False when the reader is slower than the writer. */
  write(text: string): boolean;
  once(event: "drain", listener: () => void): unknown;
}

/** What a command sees of the process it runs in; a test gives its own. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly input: AsyncIterable<Uint8Array>;
  /** Whether a person reads `out`. */
  readonly isTty: boolean;
  /** Whether colours are wanted on `out`. */
  readonly hasColours: boolean;
  /** Characters in a line of `out`; undefined when it is no terminal. */
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls back on Ctrl-C or SIGTERM, once, until the answer is called; a second one ends the process. */
  onInterrupt(listener: (signal: Signal) => void): () => void;
}

/** How a command is asked to end. */
export type Signal = "SIGINT" | "SIGTERM";

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  // `myelin agents | head` closes the pipe early: that is no failure.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    out: stdout,
    err: stderr,
    input: stdin,
    isTty: stdout.isTTY === true,
    // Where either goes to a file, neither has colours.
    hasColours: stdout.isTTY && stderr.isTTY && !env.NO_COLOR && env.TERM !== "dumb",
    columns: stdout.columns,
    env,
    cwd: process.cwd(),
    onInterrupt: hearSignals,
  };
}

const signals: readonly Signal[] = ["SIGINT", "SIGTERM"];
const echoMs = 500;
/** As a shell has it: 128, and the signal's number. */
export const interruptedExit = 130;

function hearSignals(listener: (signal: Signal) => void): () => void {
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = performance.now();
      listener(signal === "SIGTERM" ? signal : "SIGINT");
      return;
    }
    // A launcher may pass on what the terminal sent to us as well: only a later one is meant again.
    if (performance.now() - first > echoMs) process.exit(interruptedExit);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    // Once it has come its echo may still: it must not kill a command that is ending well.
    if (first !== undefined) return;
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** A text from elsewhere made harmless: it may not move the cursor or change colours. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/(?![\n\t])\p{Cc}/gu, "");
}
