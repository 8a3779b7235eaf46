import type { Signal, Terminal } from "../../services/cli/terminal.ts";

/** What a test says about a terminal; everything else is that of a pipe. */
export interface FakeTerminalParts {
  readonly input?: string;
  readonly isTty?: boolean;
  readonly hasColours?: boolean;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A terminal that keeps what is written, and is interrupted by hand. */
export class FakeTerminal implements Terminal {
  written = "";
  complained = "";
  readonly out = {
    write: (text: string): boolean => {
      this.written += text;
      return !this.isSlow;
    },
    once: (_event: "drain", listener: () => void): void => {
      this.#drains.push(listener);
    },
  };
  readonly err = {
    write: (text: string): boolean => {
      this.complained += text;
      return true;
    },
    once: (): void => {},
  };
  readonly input: AsyncIterable<Uint8Array>;
  readonly isTty: boolean;
  readonly hasColours: boolean;
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether it takes no more for now. */
  isSlow = false;
  readonly #drains: (() => void)[] = [];
  readonly #interrupts = new Set<(signal: Signal) => void>();

  constructor(parts: FakeTerminalParts = {}) {
    this.input = bytesOf(parts.input ?? "");
    this.isTty = parts.isTty ?? false;
    this.hasColours = parts.hasColours ?? false;
    this.columns = parts.columns;
    this.env = parts.env ?? {};
    this.cwd = parts.cwd ?? "/";
  }

  onInterrupt(listener: (signal: Signal) => void): () => void {
    this.#interrupts.add(listener);
    return () => this.#interrupts.delete(listener);
  }

  interrupt(): void {
    for (const listener of this.#interrupts) listener("SIGINT");
  }

  /** How many commands would hear Ctrl-C. */
  get listeners(): number {
    return this.#interrupts.size;
  }

  drain(): void {
    this.isSlow = false;
    for (const listener of this.#drains.splice(0)) listener();
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
