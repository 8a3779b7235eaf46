import { connect } from "@myelin/mesh";
import { askCard, contractOf, skillIn } from "../card.ts";
import { type Context, entering, look, printJson } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { ifGiven, parseDuration, readInput } from "../input.ts";
import { traceCommand } from "../telemetry.ts";
import { plain } from "../terminal.ts";

export interface CallOptions {
  readonly timeout?: string;
}

/** What to call, and with which input. */
export interface CallTarget {
  readonly agent: string;
  readonly skill: string;
  readonly input: string | undefined;
}

/** Calls without a contract at hand: by the card that the agent shows. */
type AnyMethod = (
  input: unknown,
  options: { readonly timeoutMs?: number | undefined; readonly signal: AbortSignal },
) => Promise<unknown> | AsyncIterable<unknown>;

/** Calls a skill and prints its answer, or each frame as it comes. */
export async function call(
  context: Context,
  target: CallTarget,
  options: CallOptions,
): Promise<number> {
  const input = await readInput(target.input, context.terminal);
  const timeoutMs = ifGiven(options.timeout, "--timeout", parseDuration);
  const contract = await contractFor(context, target);
  await using _telemetry = await traceCommand(context);
  await using mesh = await entering(context, connect);
  const client: Readonly<Record<string, unknown>> = mesh.client(contract);
  const method = client[target.skill] as AnyMethod;
  await interruptible(context, async (signal) => {
    const reply = method(input, { signal, timeoutMs });
    if (!(Symbol.asyncIterator in reply)) return print(context, await reply);
    for await (const frame of reply) printFrame(context, frame);
  });
  return Exit.ok;
}

async function contractFor(context: Context, { agent, skill }: CallTarget) {
  await using observer = await look(context);
  const card = await askCard(observer, agent);
  return contractOf(card, skillIn(card, skill));
}

/** Laid out for a person, on one line for a pipe. */
function print({ terminal, json }: Context, value: unknown): void {
  const indent = terminal.isTty && !json ? 2 : undefined;
  // A skill may answer with nothing, which JSON has no word for.
  const text = JSON.stringify(value, undefined, indent) ?? "null";
  terminal.out.write(`${indent === undefined ? text : plain(text)}\n`);
}

/** A line for each frame; a person reads a text without its quotes. */
function printFrame(context: Context, frame: unknown): void {
  const { terminal, json } = context;
  if (terminal.isTty && !json && typeof frame === "string") {
    terminal.out.write(`${plain(frame)}\n`);
  } else printJson(context, frame);
}
