import { connect } from "@myelin/mesh";
import { startTelemetry } from "@myelin/mesh/program";
import { askCard, contractOf, skillIn } from "../card.ts";
import { type Context, entering, look } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { ifGiven, parseDuration, readInput } from "../input.ts";
import { plain } from "../terminal.ts";
import { ownVersion } from "../version.ts";

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

/** A person waits for the prompt: spans that nobody takes must not hold it up. */
const telemetryStopMs = 1_000;

/** Calls a skill and prints its answer, or each frame as it comes. */
export async function call(
  context: Context,
  target: CallTarget,
  options: CallOptions,
): Promise<number> {
  const input = await readInput(target.input, context.terminal);
  const timeoutMs = ifGiven(options.timeout, "--timeout", parseDuration);
  const contract = await contractFor(context, target);
  await using _telemetry = await startTelemetry({
    service: "myelin",
    version: ownVersion(),
    env: context.terminal.env,
    stopTimeoutMs: telemetryStopMs,
  });
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
function printFrame({ terminal, json }: Context, frame: unknown): void {
  const bare = terminal.isTty && !json && typeof frame === "string";
  terminal.out.write(`${bare ? plain(frame) : (JSON.stringify(frame) ?? "null")}\n`);
}
