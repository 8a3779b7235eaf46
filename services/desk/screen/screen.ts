import { cut, type Palette, palette } from "./text.ts";

/** Where a run tells how it goes. */
export interface Screen {
  readonly palette: Palette;
  /** A line that stays. */
  say(line: string): void;
  /** How far it is; on a terminal this stands below all lines, and changes. */
  progress(done: number, of: number, note: string): void;
  /** Takes the progress away. */
  clear(): void;
}

/** What is needed of standard output. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The screen for an output: live on a terminal, a few lines elsewhere. */
export function createScreen(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): Screen {
  const isLive = output.isTTY === true && env.TERM !== "dumb";
  return isLive ? new LiveScreen(output, !env.NO_COLOR) : new PlainScreen(output);
}

const barWidth = 24;
const leastColumns = 20;
const redrawMs = 80;
const clearLine = "\r\u001b[2K";

class LiveScreen implements Screen {
  readonly palette: Palette;
  readonly #output: Output;
  #line = "";
  #drawnAt = 0;

  constructor(output: Output, hasColours: boolean) {
    this.#output = output;
    this.palette = palette(hasColours);
  }

  say(line: string): void {
    this.#output.write(`${this.#line === "" ? "" : clearLine}${line}\n${this.#line}`);
  }

  progress(done: number, of: number, note: string): void {
    const now = performance.now();
    if (done < of && now - this.#drawnAt < redrawMs) return;
    this.#drawnAt = now;
    const full = of === 0 ? 0 : Math.floor((done / of) * barWidth);
    const bar = "█".repeat(full) + "░".repeat(barWidth - full);
    // A line that wraps could not be drawn over.
    const room = Math.max(leastColumns, this.#output.columns || 80) - 1;
    this.#line = cut(`${bar} ${done}/${of} ${note}`, room);
    this.#output.write(`${clearLine}${this.#line}`);
  }

  clear(): void {
    if (this.#line !== "") this.#output.write(clearLine);
    this.#line = "";
  }
}

const mostLines = 10;

class PlainScreen implements Screen {
  readonly palette = palette(false);
  readonly #output: Output;
  #told = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  say(line: string): void {
    this.#output.write(`${line}\n`);
  }

  progress(done: number, of: number, note: string): void {
    // A few things need no line each.
    const lines = Math.min(mostLines, Math.ceil(of / 4));
    const step = Math.floor((done / Math.max(1, of)) * lines);
    if (step <= this.#told) return;
    this.#told = step;
    this.say(`  ${done}/${of} ${note}`);
  }

  clear(): void {
    this.#told = 0;
  }
}
