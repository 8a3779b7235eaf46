import { connect, defineAgent, event, isMeshError, MeshCode } from "@myelin/mesh";
import { type FollowState, openEvents, type ToldEvent } from "@myelin/mesh/operate";
import { z } from "zod";
import { askCard, schemaOf } from "../card.ts";
import { type Context, entering, look, note, printJson, tellLink } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { ifGiven, readInput, wholeNumber } from "../input.ts";
import { type Column, count, oldest, type Palette, table } from "../table.ts";
import { plain } from "../terminal.ts";
import { ownVersion } from "../version.ts";

/** What narrows a look at events. */
export interface TailFlags {
  readonly from?: string;
  readonly count?: string;
  readonly once?: boolean;
}

/** What may be said of an event that is published. */
export interface PublishFlags {
  readonly id?: string;
  readonly subject?: string;
}

/** Who follows, and how far behind. */
export async function listFollows(context: Context): Promise<number> {
  const { terminal, palette } = context;
  await using board = await entering(context, openEvents);
  return await interruptible(context, async (signal) => {
    const follows = await board.follows({ signal });
    if (context.json) printJson(context, follows);
    else if (follows.length === 0) note(context, palette.dim("nobody follows events here"));
    else {
      const style = { palette, width: terminal.columns };
      terminal.out.write(table(follows, columns(palette), style));
      for (const one of follows.filter(({ dropped }) => dropped > 0))
        note(context, droppedLine(one));
    }
    return Exit.ok;
  });
}

/** Prints events in their order: what is there, what comes, or both. */
export async function tailEvents(
  context: Context,
  events: string | undefined,
  flags: TailFlags,
): Promise<number> {
  const most = ifGiven(flags.count, "--count", wholeNumber) ?? Number.POSITIVE_INFINITY;
  const from = ifGiven(flags.from, "--from", placeOf);
  const selection = { events, from, follows: flags.once !== true };
  await using board = await entering(context, openEvents);
  const unhear = board.onLink((isUp) => tellLink(context, isUp));
  return await interruptible(context, async (signal) => {
    let told = 0;
    for await (const one of board.read(selection, { signal })) {
      if (context.json) printJson(context, one);
      else context.terminal.out.write(`${line(one, context.palette)}\n`);
      if (++told >= most) break;
    }
    return Exit.ok;
  }).finally(unhear);
}

/** Stores one event under our own name. */
export async function publishEvent(
  context: Context,
  { name, data }: { readonly name: string; readonly data: string | undefined },
  flags: PublishFlags,
): Promise<number> {
  const value = await readInput(data, context.terminal);
  const shown = await dataShown(context, name);
  const contract = defineAgent({
    ...{ name: context.name, version: ownVersion(), skills: {} },
    events: { [name]: event({ data: "schema" in shown ? shown.schema : z.unknown() }) },
  });
  const { id, subject } = flags;
  const given = {
    ...(id === undefined ? {} : { id }),
    ...(subject === undefined ? {} : { subject }),
  };
  await using mesh = await entering(context, connect);
  return await interruptible(context, async (signal) => {
    const receipt = await mesh.publish(contract, name, value, { ...given, signal });
    if (context.json) printJson(context, receipt);
    else context.terminal.out.write(`${plain(receipt.id)}\n`);
    if (receipt.duplicate) note(context, "it had been published before, and is stored once");
    if ("unchecked" in shown) note(context, plain(`not checked: ${shown.unchecked}`));
    return Exit.ok;
  });
}

/** The schema of an event's data, or why there is none to check it by. */
type DataShown = { readonly schema: z.ZodType } | { readonly unchecked: string };

/** What the card of a live publisher of our name says of the event's data. */
async function dataShown(context: Context, name: string): Promise<DataShown> {
  const we = context.name;
  await using observer = await look(context);
  try {
    const { events = [] } = await askCard(observer, we);
    const found = events.find((one) => one.name === name);
    const schema = schemaOf(found?.data);
    if (schema !== undefined) return { schema };
    const lacks = found === undefined ? `tells of no event ${name}` : "has no schema of its data";
    return { unchecked: `the card of ${we} ${lacks}` };
  } catch (error) {
    if (isMeshError(error, MeshCode.UnknownAgent)) {
      return { unchecked: `nobody serves ${we} now, whose card says what ${name} is` };
    }
    if (isMeshError(error, MeshCode.PermissionDenied)) {
      return { unchecked: `${we} may not ask for the card that says what ${name} is` };
    }
    throw error;
  }
}

function placeOf(text: string, option: string): number {
  return text === "beginning" ? 1 : wholeNumber(text, option);
}

function line(one: ToldEvent, { bold, dim, red }: Palette): string {
  const { sequence, storedAt, publisher, name, id, subject, data, fault } = one;
  const what = fault === undefined ? (JSON.stringify(data) ?? "") : red(plain(fault));
  const about = subject === undefined ? "" : ` ${dim(`(${plain(subject)})`)}`;
  const whose = bold(plain(`${publisher}.${name}`));
  const place = dim(`${sequence}  ${storedAt.toISOString()}`);
  return `${place}  ${whose}  ${plain(id ?? "-")}${about}  ${fault === undefined ? plain(what) : what}`;
}

function columns({ bold, yellow, dim }: Palette): Column<FollowState>[] {
  return [
    { title: "AGENT", text: ({ agent }) => plain(agent), paint: () => bold },
    { title: "FOLLOWS AS", text: ({ follow }) => plain(follow) },
    { title: "PENDING", text: ({ pending }) => `${pending}`, align: "right" },
    { title: "IN WORK", text: ({ inWork }) => `${inWork}`, align: "right" },
    { title: "OLDEST", text: oldest, align: "right" },
    {
      title: "ROOM",
      text: (one) => (one.pending + one.inWork === 0 ? "" : roomOf(one)),
      paint: ({ room }) => (room < littleRoom ? yellow : dim),
      align: "right",
    },
    {
      title: "FOLLOWERS",
      text: ({ asking, inWork }) => (asking > 0 ? "asking" : inWork > 0 ? "busy" : "none"),
      paint: ({ asking, inWork }) => (asking + inWork > 0 ? dim : yellow),
    },
  ];
}

/** Below this share of a stream's room unhandled events are near their end. */
export const littleRoom = 0.2;

/** How much may come before the oldest that is not handled is dropped. */
export function roomOf({ room }: FollowState): string {
  return `${Math.floor(room * 100)} %`;
}

export function droppedLine({ agent, follow, dropped }: FollowState): string {
  const those = count(dropped, "message");
  return `${agent}=${follow} is so far behind that the stream dropped ${those} before it got them, its own or others'`;
}
