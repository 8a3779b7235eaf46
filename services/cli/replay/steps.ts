import type { Recorded, StepChoice } from "@myelin/mesh/operate";
import { type Context, note } from "../context.ts";

/** Asks a person before each: Enter runs it, `s` leaves it out, `q` ends. */
export class Steps {
  readonly #context: Context;
  readonly #lines: AsyncIterator<string>;
  /** Whether there was anything to ask about. */
  hasAsked = false;

  constructor(context: Context) {
    this.#context = context;
    this.#lines = linesOf(context.terminal.input);
  }

  async ask({ stream, sequence, caller, agent, skill }: Recorded): Promise<StepChoice> {
    this.hasAsked = true;
    for (;;) {
      note(
        this.#context,
        `${stream}:${sequence} ${caller} → ${agent}.${skill}: Enter runs it, s skips it, q ends`,
      );
      const { value, done } = await this.#lines.next();
      // Nobody is there to answer: nothing more is run.
      if (done === true) return "stop";
      const choice = choices[String(value).trim().toLowerCase()];
      if (choice !== undefined) return choice;
    }
  }
}

const choices: Readonly<Record<string, StepChoice>> = {
  "": "run",
  r: "run",
  run: "run",
  s: "skip",
  skip: "skip",
  q: "stop",
  quit: "stop",
};

/** Longest line that is waited for. */
const mostCharacters = 4_096;

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n");
    rest = (lines.pop() ?? "").slice(0, mostCharacters);
    yield* lines;
  }
  if (rest !== "") yield rest;
}
