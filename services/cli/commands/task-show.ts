import { MeshCode } from "@myelin/mesh";
import type { TaskDetails } from "@myelin/mesh/operate";
import { type Context, printJson } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { count, cut, keptText } from "../table.ts";
import { plain } from "../terminal.ts";
import { openBoard, type TaskFlags, theOne } from "./tasks.ts";

/** Shows everything that is kept of one task: where it stands, its attempts, what it told, how it ended. */
export async function showTask(context: Context, id: string, flags: TaskFlags): Promise<number> {
  await using board = await openBoard(context);
  const one = await interruptible(context, (signal) => theOne(board, id, { ...flags, signal }));
  if (context.json) printJson(context, shown(one));
  else context.terminal.out.write(`${lines(context, one).map(plain).join("\n")}\n`);
  return Exit.ok;
}

function shown({ error, ...task }: TaskDetails): object {
  const told = error && { code: error.code, message: error.detail, ...error.domain };
  return { ...task, error: told };
}

const mostText = 2_000;

function lines({ palette }: Context, task: TaskDetails): string[] {
  const { id, agent, skill, submitter, state, queued, tries, dead } = task;
  const line = (word: string, text: string | undefined): string[] =>
    text === undefined ? [] : [`${palette.dim(word.padEnd(12))}${text}`];
  // One that nobody has begun is at its first.
  const more = tries.length === 0 && task.attempt === 1 ? 0 : task.attempt - tries.length;
  return [
    `${palette.bold(id)}  ${agent}.${skill ?? "?"} from ${submitter}: ${state}`,
    ...line("stored", queued?.storedAt.toISOString()),
    ...line("priority", queued?.priority),
    ...line("key", queued?.key),
    ...line(
      "redriven",
      queued === undefined || queued.generation === 0
        ? undefined
        : count(queued.generation, "time"),
    ),
    ...(more > 0 ? line("attempts", `${more} before these`) : []),
    ...tries.flatMap((one) => line(`attempt ${one.attempt}`, tried(one, task))),
    ...line("progress", textOf(task.progress)),
    ...line("checkpoint", textOf(task.checkpoint)),
    ...line("ended", task.endedAt?.toISOString()),
    ...line("error", errorOf(task)),
    ...line("output", outputOf(task)),
    ...dead.flatMap((subject) => line("dead letter", subject)),
  ];
}

function outputOf({ output, outputKept }: TaskDetails): string | undefined {
  if (outputKept !== undefined) return keptText(outputKept);
  return textOf(output);
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : cut(JSON.stringify(value), mostText);
}

function errorOf({ error }: TaskDetails): string | undefined {
  const { domain } = error ?? {};
  if (domain === undefined) return error?.message;
  return `${error?.message} ${cut(JSON.stringify(domain.data) ?? "", mostText)}`;
}

/** When a try began and how it ended; one that came through, or was cut short, ended with its task. */
function tried(one: TaskDetails["tries"][number], task: TaskDetails): string {
  const { instance, begunAt, error } = one;
  const { tries, state, endedAt } = task;
  const isAnswered = state === "done" || task.error?.domain !== undefined;
  const isLast = one === tries.at(-1) && (isAnswered || task.error?.code === MeshCode.Cancelled);
  const end = one.endedAt ?? (isLast ? endedAt?.toISOString() : undefined) ?? "no end";
  return `${begunAt} … ${end}${error === undefined ? "" : ` ${error}`} by ${instance}`;
}
