import { MeshCode, MeshError } from "@myelin/mesh";
import {
  type AgentBacklog,
  openTasks,
  type QueuedFilter,
  type QueuedState,
  type TaskBoard,
  type TaskDetails,
  type TaskView,
} from "@myelin/mesh/operate";
import { type Context, entering, note, printJson } from "../context.ts";
import { Exit, interruptible, usage } from "../failure.ts";
import { ifGiven, wholeNumber } from "../input.ts";
import { type Column, duration, oldest, type Palette, table } from "../table.ts";
import { plain } from "../terminal.ts";

/** What narrows a list of tasks. */
export interface TaskFlags {
  readonly agent?: string | undefined;
  readonly skill?: string;
  readonly submitter?: string;
  readonly state?: string;
  readonly most?: string;
}

/** What waits for each agent; of one agent, or where something narrows it, task by task. */
export async function listTasks(
  context: Context,
  agent: string | undefined,
  flags: TaskFlags,
): Promise<number> {
  const filter = filterOf({ ...flags, agent: agent ?? flags.agent });
  await using board = await openBoard(context);
  return await interruptible(context, async (signal) => {
    if (Object.values(filter).every((word) => word === undefined)) {
      const nothing = "no agents take tasks here";
      const columns = backlogColumns(context.palette);
      show(context, await board.backlogs({ signal }), { columns, nothing });
      return Exit.ok;
    }
    const found: TaskView[] = [];
    for await (const one of board.list(filter, { signal })) found.push(one);
    if (found.length === 0 && agent !== undefined) await checkTaker(board, agent, signal);
    const nothing = "no such task waits or runs";
    show(context, found, { columns: taskColumns(context.palette), nothing });
    return Exit.ok;
  });
}

/** Throws where an agent takes no tasks: it may be misspelled. */
async function checkTaker(board: TaskBoard, agent: string, signal: AbortSignal): Promise<void> {
  const takers = await board.backlogs({ signal });
  if (takers.some((taker) => taker.agent === agent)) return;
  const detail = `${agent} takes no tasks here; \`myelin tasks ls\` lists who does`;
  throw new MeshError(MeshCode.UnknownAgent, detail);
}

/** Stops a task: its handler's signal is aborted, and its result says so. */
export async function cancelTask(context: Context, id: string, flags: TaskFlags): Promise<number> {
  await using board = await openBoard(context);
  const one = await interruptible(context, (signal) => theOne(board, id, { ...flags, signal }));
  const { agent, submitter, skill } = one;
  const what = plain(`task ${id} of ${submitter} to ${agent}.${skill ?? "?"}`);
  if (one.endedAt !== undefined && one.queued === undefined) {
    throw usage(`${what} is ${one.state} already, since ${one.endedAt.toISOString()}`);
  }
  if (skill === undefined) throw usage(`${what} cannot be cancelled: nobody says which skill`);
  await board.cancel({ id, agent, submitter, skill });
  if (context.json) printJson(context, { id, agent, skill, submitter, ordered: true });
  else note(context, `${what} is to be cancelled; its result tells whether that came in time`);
  return Exit.ok;
}

/** The task of an id; throws where it is none, or several. */
export async function theOne(
  board: TaskBoard,
  id: string,
  { agent, submitter, signal }: TaskFlags & { readonly signal: AbortSignal },
): Promise<TaskDetails> {
  const [one, ...others] = await board.show(id, { agent, submitter }, { signal });
  if (one !== undefined && others.length === 0) return one;
  const whose = [one, ...others].map((each) => `${each?.submitter} to ${each?.agent}`).join(", ");
  const detail = `${id} is several: ${whose}; say which with --agent or --submitter`;
  throw new MeshError(MeshCode.InvalidArgument, detail);
}

export function openBoard(context: Context): Promise<TaskBoard> {
  return entering(context, openTasks);
}

const states: readonly QueuedState[] = ["waiting", "running", "retrying", "stuck"];

function filterOf({ agent, skill, submitter, state, most }: TaskFlags): QueuedFilter {
  const known = states.find((one) => one === state);
  if (state !== undefined && known === undefined) {
    throw usage(`--state must be one of ${states.join(", ")}, got ${state}`);
  }
  return { agent, skill, submitter, state: known, most: ifGiven(most, "--most", wholeNumber) };
}

function show<Row>(
  context: Context,
  rows: readonly Row[],
  { columns, nothing }: { readonly columns: readonly Column<Row>[]; readonly nothing: string },
): void {
  const { terminal, palette } = context;
  if (context.json) printJson(context, rows);
  else if (rows.length === 0) note(context, palette.dim(nothing));
  else terminal.out.write(table(rows, columns, { palette, width: terminal.columns }));
}

function backlogColumns({ bold, red, yellow, dim }: Palette): Column<AgentBacklog>[] {
  return [
    { title: "AGENT", text: ({ agent }) => plain(agent), paint: () => bold },
    { title: "PRIORITY", text: ({ priority }) => priority },
    { title: "PENDING", text: ({ pending }) => `${pending}`, align: "right" },
    { title: "IN WORK", text: ({ inWork }) => `${inWork}`, align: "right" },
    {
      title: "STUCK",
      text: ({ stuck }) => `${stuck}`,
      align: "right",
      paint: ({ stuck }) => (stuck > 0 ? red : dim),
    },
    { title: "OLDEST", text: oldest, align: "right" },
    {
      title: "WORKERS",
      text: workersOf,
      paint: ({ asking, inWork }) => (asking + inWork > 0 ? dim : yellow),
    },
  ];
}

function workersOf({ asking, inWork, isGiven }: AgentBacklog): string {
  if (!isGiven) return "not in mesh.yaml";
  return asking > 0 ? "asking" : inWork > 0 ? "busy" : "none";
}

function taskColumns({ bold, red, green, yellow, dim }: Palette): Column<TaskView>[] {
  const paints = { waiting: dim, running: green, retrying: yellow, stuck: red };
  return [
    { title: "ID", text: ({ id }) => plain(id ?? "none"), paint: () => bold },
    { title: "FOR", text: ({ agent, skill }) => plain(`${agent}.${skill}`) },
    { title: "FROM", text: ({ submitter }) => plain(submitter) },
    { title: "STATE", text: ({ state }) => state, paint: ({ state }) => paints[state] },
    { title: "ATTEMPT", text: ({ attempt }) => `${attempt}`, align: "right" },
    { title: "PRIORITY", text: ({ priority }) => priority },
    {
      title: "AGE",
      text: ({ storedAt }) => duration(Date.now() - storedAt.getTime()),
      align: "right",
    },
    {
      title: "",
      text: ({ key, error }) => plain([key && `key ${key}`, error].filter(Boolean).join(", ")),
    },
  ];
}
