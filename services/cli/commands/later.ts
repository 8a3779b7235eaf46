import { isMeshError, MeshCode, MeshError } from "@myelin/mesh";
import {
  type Backlog,
  type LaterFilter,
  openLater,
  type Scheduled,
  type WorkForLater,
} from "@myelin/mesh/operate";
import { type Context, entering, note, printJson } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { fitted } from "../hints.ts";
import { type Column, count, table } from "../table.ts";
import { plain } from "../terminal.ts";

/** What is meant of all that is for later. */
export interface LaterFlags {
  readonly agent?: string;
  readonly skill?: string;
  readonly submitter?: string;
  readonly dryRun?: boolean;
}

/** Lists what is for later. */
export async function listLater(context: Context, flags: LaterFlags): Promise<number> {
  await using later = await open(context);
  return await interruptible(context, async (signal) => {
    const found = await all(later.list(flags, { signal }));
    const { orders, isTaken } = await later.backlog();
    if (context.json) {
      printJson(context, { scheduled: found, waiting: orders, keeper: isTaken });
      return Exit.ok;
    }
    if (found.length > 0)
      context.terminal.out.write(table(found, columns(context), style(context)));
    else note(context, "nothing is for later");
    if (!isTaken) {
      const start = fitted("start one with `myelin keeper`", context.where);
      note(context, `no keeper is there: nothing is taken for later, or released; ${start}`);
    }
    if (orders > 0)
      note(context, `${count(orders, "order")} wait${orders === 1 ? "s" : ""} for keeper`);
    return Exit.ok;
  });
}

/** Takes back what has an id. */
export async function cancelLater(
  context: Context,
  id: string,
  flags: LaterFlags,
): Promise<number> {
  await using later = await open(context);
  return await interruptible(context, async (signal) => {
    const { backlog, meant } = await lookFor(later, { ...flags, id }, signal).catch((error) => {
      throw isMeshError(error, MeshCode.PermissionDenied) ? noOperator(error, context) : error;
    });
    if (meant.length === 0) throw unknown(id, backlog);
    if (meant.length > 1) {
      const whose = meant.map(({ agent, skill, submitter }) => `${submitter} to ${agent}.${skill}`);
      const detail = `${id} is several: ${whose.join(", ")}; say which with --agent, --skill or --submitter`;
      throw new MeshError(MeshCode.InvalidArgument, detail);
    }
    for (const one of meant) {
      if (flags.dryRun !== true) await later.cancel(one);
      if (context.json) printJson(context, { ...one, cancelled: flags.dryRun !== true });
      else {
        const what = `${one.id} of ${one.submitter} to ${one.agent}.${one.skill}`;
        const done = flags.dryRun === true ? "would be cancelled" : "is being cancelled by keeper";
        note(context, plain(`${what} ${done}`));
      }
    }
    return Exit.ok;
  });
}

async function lookFor(later: WorkForLater, filter: LaterFilter, signal: AbortSignal) {
  // Asked before: what keeper takes meanwhile is listed then, and is in neither otherwise.
  const backlog = await later.backlog();
  return { backlog, meant: await all(later.list(filter, { signal })) };
}

async function all(listed: AsyncIterable<Scheduled>): Promise<readonly Scheduled[]> {
  const found: Scheduled[] = [];
  for await (const one of listed) found.push(one);
  return found;
}

/** Who takes back what is its own need not become one who may take back everybody's. */
function noOperator({ code, what }: MeshError, { name }: Context): MeshError {
  const advice =
    `what ${name} has for later itself its program takes back: mesh.task(contract, skill, id).cancel(); ` +
    "to take back others' log in with --as as a member of roles.operator in mesh.yaml";
  return new MeshError(code, what, { cause: new MeshError(code, `${what}; ${advice}`) });
}

/** What keeper has not taken yet is seen by nobody else: whether it is among that cannot be told. */
function unknown(id: string, { orders, isTaken }: Backlog): MeshError {
  const nothing = `nothing with the id ${id} is for later`;
  const start = isTaken ? "" : "start a keeper (`myelin keeper`) and ";
  const detail =
    orders === 0
      ? `${nothing}; \`myelin later ls\` shows what is`
      : `${nothing} as far as keeper has taken it; it may be among ${count(orders, "order")} that keeper has not taken yet: ${start}try again when it has`;
  return new MeshError(MeshCode.UnknownTask, detail);
}

function open(context: Context): Promise<WorkForLater> {
  return entering(context, openLater);
}

function columns({ palette }: Context): Column<Scheduled>[] {
  return [
    { title: "ID", text: ({ id }) => plain(id), paint: () => palette.bold },
    { title: "FOR", text: ({ agent, skill }) => plain(`${agent}.${skill}`) },
    { title: "FROM", text: ({ submitter }) => plain(submitter) },
    { title: "NEXT", text: ({ next }) => next.toISOString() },
    { title: "PRIORITY", text: ({ priority }) => priority },
    { title: "AGAIN", text: again },
  ];
}

/** `0 0 9 * * * Europe/Berlin until …`, or nothing. */
function again({ cron, timezone, until }: Scheduled): string {
  if (cron === undefined) return "once";
  return plain(
    `${cron} ${timezone ?? "UTC"}${until === undefined ? "" : ` until ${until.toISOString()}`}`,
  );
}

function style({ palette, terminal }: Context) {
  return { palette, width: terminal.columns };
}
