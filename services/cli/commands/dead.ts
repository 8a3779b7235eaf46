import {
  type DeadFilter,
  type DeadLetter,
  type DeadLetters,
  type Dropped,
  nothingMeant,
  openDeadLetters,
  type Redriven,
  stateOf,
} from "@myelin/mesh/operate";
import { type Context, entering, note, printJson } from "../context.ts";
import { type FilterOptions, filterOf, wantedOf } from "../dead-filter.ts";
import { Exit, interruptible, usage } from "../failure.ts";
import { ifGiven, wholeNumber } from "../input.ts";
import { type Column, count, table } from "../table.ts";
import { plain } from "../terminal.ts";

/** What `redrive` takes beside what narrows. */
export interface RedriveOptions extends FilterOptions {
  readonly to?: string;
  readonly rate?: string;
  readonly dryRun?: boolean | string;
}

/** What `ls` takes beside what narrows. */
export interface ListOptions extends FilterOptions {
  readonly most?: string;
}

/** A letter as it is listed: without its message, which may be large. */
type Row = Omit<DeadLetter, "original">;

const mostListed = 1_000;

/** Lists the dead letters that the options mean. */
export async function list(context: Context, options: ListOptions): Promise<number> {
  const filter = filterOf(options);
  const most = ifGiven(options.most, "--most", wholeNumber) ?? mostListed;
  await using office = await enter(context);
  const rows: Row[] = [];
  let isCut = false;
  await interruptible(context, async (signal) => {
    for await (const { original: _, ...row } of office.list(filter, { signal })) {
      isCut = rows.length === most;
      if (isCut) break;
      rows.push(row);
    }
  });
  const { terminal, palette, json } = context;
  if (json) printJson(context, rows.map(shownLetter));
  else if (rows.length === 0) note(context, palette.dim("no dead letters"));
  else {
    const width = terminal.columns;
    terminal.out.write(table(rows, columns, { palette, width }));
  }
  if (isCut) note(context, palette.dim(`these are the oldest ${most}; --most shows more`));
  return Exit.ok;
}

/** Brings letters back; fails where one of them could not be, or none was meant. */
export async function redrive(
  context: Context,
  what: string | undefined,
  options: RedriveOptions,
): Promise<number> {
  const filter = wantedOf(options, what);
  const given = {
    dryRun: options.dryRun !== undefined,
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options.rate === undefined ? {} : { rate: rateOf(options.rate) }),
  };
  await using office = await enter(context);
  return await doTo(context, { filter, what }, (meant, signal) =>
    office.redrive(meant, { ...given, signal }),
  );
}

/** Marks letters as done with. */
export async function drop(
  context: Context,
  what: string | undefined,
  options: RedriveOptions,
): Promise<number> {
  const filter = wantedOf(options, what);
  const dryRun = options.dryRun !== undefined;
  await using office = await enter(context);
  return await doTo(context, { filter, what }, (meant, signal) =>
    office.drop(meant, { dryRun, signal }),
  );
}

/** The dead letters of the mesh that the context names. */
export function enter(context: Context): Promise<DeadLetters> {
  return entering(context, openDeadLetters);
}

/** A letter as scripts get it: without its body, which `show` has. */
export function shownLetter(letter: Row): object {
  const { kind, agent, skill, task, eventId, generation, cause, reason, at, facts } = letter;
  const { subject, sequence, storedAt, ...rest } = facts;
  return {
    ...{ subject: letter.subject, sequence: letter.sequence, state: stateOf(letter) },
    ...{ kind, agent, skill, task, eventId, generation, cause, reason, at, ...rest },
    origin: { subject, sequence, storedAt },
    markers: letter.markers.map((marker) => ({
      ...{ outcome: marker.outcome, to: marker.to, by: marker.by, at: marker.at },
    })),
  };
}

/** Does it to what is open; where nothing of what is named is, tells of that why not. */
async function doTo(
  context: Context,
  { filter, what }: { readonly filter: DeadFilter; readonly what: string | undefined },
  act: (meant: DeadFilter, signal: AbortSignal) => AsyncIterable<Redriven | Dropped>,
): Promise<number> {
  const tally = await interruptible(context, async (signal) => {
    const open = await tell(context, act(filter, signal));
    if (open.all > 0 || what === undefined) return open;
    return tell(context, act({ state: "any", ...filter }, signal));
  });
  if (tally.all === 0) throw nothingMeant(filter);
  return tally.refused === 0 ? Exit.ok : Exit.failed;
}

interface Tally {
  readonly all: number;
  readonly refused: number;
}

/** Tells of each letter what became of it, as it happens. */
async function tell(context: Context, told: AsyncIterable<Redriven | Dropped>): Promise<Tally> {
  const { palette, terminal, json } = context;
  let all = 0;
  let refused = 0;
  for await (const { letter, ...one } of told) {
    all++;
    if (one.is === "refused") refused++;
    if (json) {
      printJson(context, {
        subject: letter.subject,
        task: letter.task,
        eventId: letter.eventId,
        ...one,
      });
      continue;
    }
    const to = "to" in one && one.to !== letter.agent ? ` to ${one.to}` : "";
    const why = one.why === undefined ? "" : `: ${one.why}`;
    const paint = one.is === "refused" ? palette.red : palette.green;
    const which = `${letter.agent}.${letter.skill} ${nameOf(letter)}`;
    terminal.out.write(`${which} ${paint(one.is)}${plain(`${to}${why}`)}\n`);
  }
  if (!json && all > 1) note(context, palette.dim(`${count(all, "letter")}, ${refused} refused`));
  return { all, refused };
}

const columns: Column<Row>[] = [
  { title: "DIED", text: ({ at }) => at.toISOString().slice(0, 19) },
  { title: "KIND", text: ({ kind }) => kind },
  { title: "AGENT", text: ({ agent }) => agent },
  { title: "SKILL", text: ({ skill }) => skill },
  { title: "ID", text: nameOf },
  { title: "TRIES", text: ({ facts }) => `${facts.attempts}`, align: "right" },
  // Before it died: what became of the letter since is its state.
  { title: "BEFORE", text: ({ generation }) => `${generation}`, align: "right" },
  { title: "STATE", text: stateOf },
  { title: "CAUSE", text: ({ cause }) => plain(cause) },
  { title: "", text: ({ reason }) => plain(reason.replace(/^[a-z_]+: /, "")) },
];

/** As its submitter or publisher named it, where that is known. */
function nameOf({ task, eventId }: Row): string {
  return plain(eventId ?? task);
}

function rateOf(text: string): number {
  const rate = Number(text);
  if (rate > 0 && Number.isFinite(rate)) return rate;
  throw usage(`--rate must be a number above 0, letters in a second, got ${text}`);
}
