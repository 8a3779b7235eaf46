import { type Contract, connect, isMeshError, type Mesh, MeshCode, MeshError } from "@myelin/mesh";
import { askCard, checkingContractOf, contractFromAfar, schemaOf, skillIn } from "../card.ts";
import { type Context, entering, look, note, printJson, tellLink } from "../context.ts";
import { Exit, interruptible, usage } from "../failure.ts";
import { parseDuration, readInput } from "../input.ts";
import { traceCommand } from "../telemetry.ts";
import { plain } from "../terminal.ts";

/** What may be said of a task that is submitted. */
export interface SubmitFlags {
  readonly id?: string;
  readonly key?: string;
  readonly priority?: string;
  readonly deadline?: string;
  readonly contract?: string;
  readonly wait?: boolean;
}

/** Which task to submit, or whose result to wait for. */
export interface TaskTarget {
  readonly agent: string;
  readonly skill: string;
}

const lookMs = 250;

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
  const { contract, unchecked } = await contractToSubmit(context, target, flags.contract);
  if (contract.skills[target.skill]?.streams === true) {
    throw usage(
      `${target.agent}.${target.skill} streams, and a task has one result: use \`myelin call\``,
    );
  }
  return asSubmitter(context, async (mesh, signal) => {
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
    if (unchecked !== undefined) note(context, plain(`not checked: ${unchecked}`));
    if (wait) await follow(context, { mesh, task }, signal);
    return Exit.ok;
  });
}

/** Prints what a task of ours tells, a line each, and then its result. */
export async function watchTask(context: Context, target: TaskTarget, id: string): Promise<number> {
  // Its result is there when nobody serves it any more, and says itself who wrote it.
  const contract = contractFromAfar(target);
  return asSubmitter(context, async (mesh, signal) => {
    const task = mesh.task(contract, target.skill, id);
    const { state } = await task.status({ signal });
    if (state === "waiting") {
      const served = await isServed(context, target);
      const who = served ? "" : `, and nobody serves ${target.agent} now`;
      note(context, `nobody has begun task ${plain(id)} yet, if it was submitted${who}`);
    }
    await follow(context, { mesh, task }, signal);
    return Exit.ok;
  });
}

/** As the methods of a contract made of a card are: of any skill. */
interface AnySubmit {
  submit(input: unknown, options: object): Promise<Handle>;
}

type Handle = ReturnType<Mesh["task"]>;

async function follow(
  context: Context,
  { mesh, task }: { readonly mesh: Mesh; readonly task: Handle },
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context;
  using _looking = lookAtLink(context, mesh);
  for await (const { value } of task.progress({ signal })) {
    terminal.err.write(`${plain(JSON.stringify(value) ?? "null")}\n`);
  }
  printJson(context, await task.result({ signal }));
}

/** Tells when the server is lost and back, which no task is told of. */
function lookAtLink(context: Context, mesh: Mesh): Disposable {
  let isUp = true;
  const timer = setInterval(() => {
    if (mesh.isUp === isUp) return;
    isUp = mesh.isUp;
    tellLink(context, isUp);
  }, lookMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function asSubmitter(
  context: Context,
  work: (mesh: Mesh, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  await using _telemetry = await traceCommand(context);
  await using mesh = await entering(context, connect);
  return await interruptible(context, (signal) => work(mesh, signal));
}

/** Whether anybody serves an agent; throws `unknown_skill` where that one has no such skill. */
async function isServed(context: Context, target: TaskTarget): Promise<boolean> {
  await using observer = await look(context);
  try {
    skillIn(await askCard(observer, target.agent), target.skill);
    return true;
  } catch (error) {
    if (isMeshError(error, MeshCode.UnknownAgent)) return false;
    throw error;
  }
}

interface Submitted {
  readonly contract: Contract;
  /** Why the input is not checked here; undefined where it is. */
  readonly unchecked: string | undefined;
}

/** A task carries its contract's version: told by who serves it, or by who submits it while nobody does. */
async function contractToSubmit(
  context: Context,
  target: TaskTarget,
  version: string | undefined,
): Promise<Submitted> {
  if (version !== undefined) {
    const unchecked = `with --contract no card is asked for; ${target.agent} checks the input when it takes it`;
    return { contract: contractFromAfar(target, version), unchecked };
  }
  await using observer = await look(context);
  try {
    const card = await askCard(observer, target.agent);
    const shown = skillIn(card, target.skill);
    const isShown = schemaOf(shown.input) !== undefined;
    const unchecked = isShown ? undefined : `${target.agent} shows no schema of its input`;
    return { contract: checkingContractOf(card, shown), unchecked };
  } catch (error) {
    if (!isMeshError(error, MeshCode.UnknownAgent)) throw error;
    const detail = `${error.detail}; with the version of its contract, such as --contract 1.0.0, the task waits for it`;
    throw new MeshError(error.code, detail, { cause: error });
  }
}

function classOf(priority: string): "high" | "normal" {
  if (priority === "high" || priority === "normal") return priority;
  throw usage(`--priority must be high or normal, got ${priority}`);
}
