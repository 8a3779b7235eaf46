import { connect, type Mesh } from "@myelin/mesh";
import { startTelemetry } from "@myelin/mesh/program";
import { askCard, contractOf, skillIn } from "../card.ts";
import { type Context, look, note, printJson } from "../context.ts";
import { Exit, interruptible, usage } from "../failure.ts";
import { parseDuration, readInput } from "../input.ts";
import { plain } from "../terminal.ts";
import { ownVersion } from "../version.ts";

/** What may be said of a task that is submitted. */
export interface SubmitFlags {
  readonly id?: string;
  readonly key?: string;
  readonly priority?: string;
  readonly deadline?: string;
  readonly wait?: boolean;
}

/** Which task to submit, or whose result to wait for. */
export interface TaskTarget {
  readonly agent: string;
  readonly skill: string;
}

/** A person waits for the prompt: spans that nobody takes must not hold it up. */
const telemetryStopMs = 1_000;

/** Stores a task and prints its receipt; waits for its result where asked to. */
export async function submitTask(
  context: Context,
  target: TaskTarget & { readonly input: string | undefined },
  flags: SubmitFlags,
): Promise<number> {
  const input = await readInput(target.input, context.terminal);
  const { id, key, priority, deadline, wait = false } = flags;
  const given = {
    ...(id === undefined ? {} : { id }),
    ...(key === undefined ? {} : { key }),
    ...(priority === undefined ? {} : { priority: classOf(priority) }),
    ...(deadline === undefined ? {} : { deadlineMs: parseDuration(deadline, "--deadline") }),
  };
  return asSubmitter(context, target, async (mesh, contract, signal) => {
    const method = mesh.client(contract)[target.skill] as unknown as AnySubmit;
    const task = await method.submit(input, { ...given, signal });
    if (context.json && !wait) printJson(context, task.receipt);
    else if (!wait) context.terminal.out.write(`${plain(task.id)}\n`);
    if (task.receipt?.duplicate)
      note(
        context,
        `${target.agent} has a task ${plain(task.id)} of ours already; its input stays`,
      );
    if (task.receipt?.listeners === "none")
      note(context, `nobody takes tasks of ${target.agent} now; it waits`);
    if (wait) await follow(context, task, signal);
    return Exit.ok;
  });
}

/** Prints what a task of ours tells, a line each, and then its result. */
export async function watchTask(context: Context, target: TaskTarget, id: string): Promise<number> {
  return asSubmitter(context, target, async (mesh, contract, signal) => {
    const task = mesh.task(contract, target.skill, id);
    const { state } = await task.status({ signal });
    if (state === "waiting")
      note(context, `nobody has begun task ${plain(id)} yet, if it was submitted`);
    await follow(context, task, signal);
    return Exit.ok;
  });
}

/** As the methods of a contract made of a card are: of any skill. */
interface AnySubmit {
  submit(input: unknown, options: object): Promise<Handle>;
}

type Handle = ReturnType<Mesh["task"]>;

async function follow({ terminal }: Context, task: Handle, signal: AbortSignal): Promise<void> {
  for await (const { value } of task.progress({ signal })) {
    terminal.err.write(`${plain(JSON.stringify(value) ?? "null")}\n`);
  }
  terminal.out.write(`${JSON.stringify(await task.result({ signal })) ?? "null"}\n`);
}

async function asSubmitter(
  context: Context,
  { agent, skill }: TaskTarget,
  work: (
    mesh: Mesh,
    contract: ReturnType<typeof contractOf>,
    signal: AbortSignal,
  ) => Promise<number>,
): Promise<number> {
  const contract = await contractFor(context, agent, skill);
  await using _telemetry = await startTelemetry({
    service: "myelin",
    version: ownVersion(),
    env: context.terminal.env,
    stopTimeoutMs: telemetryStopMs,
  });
  await using mesh = await connect({ name: context.name, ...context.place });
  return await interruptible(context, (signal) => work(mesh, contract, signal));
}

async function contractFor(context: Context, agent: string, skill: string) {
  await using observer = await look(context);
  const card = await askCard(observer, agent);
  return contractOf(card, skillIn(card, skill));
}

function classOf(priority: string): "high" | "normal" {
  if (priority === "high" || priority === "normal") return priority;
  throw usage(`--priority must be high or normal, got ${priority}`);
}
