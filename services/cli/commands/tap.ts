import { isMeshError, MeshCode } from "@myelin/mesh";
import type { SeenCall } from "@myelin/mesh/operate";
import { routeToken } from "@myelin/subjects";
import { type Context, look, note, printJson, tellLink } from "../context.ts";
import { Exit, interruptible } from "../failure.ts";
import { ifGiven, wholeNumber } from "../input.ts";
import { aligned, count, duration } from "../table.ts";
import { plain } from "../terminal.ts";

export interface TapOptions {
  readonly agent?: string;
  readonly skill?: string;
  readonly caller?: string;
  /** Ends by itself after so many calls. */
  readonly count?: string;
}

/** What has come by so far. */
interface Tally {
  shown: number;
  failed: number;
  /** Not shown, since the terminal could not take it. */
  missed: number;
}

/** Shows calls as they end, until Ctrl-C. */
export async function tap(context: Context, options: TapOptions): Promise<number> {
  const most = ifGiven(options.count, "--count", wholeNumber) ?? Number.POSITIVE_INFINITY;
  await using observer = await look(context);
  const tally: Tally = { shown: 0, failed: 0, missed: 0 };
  if (!context.json) introduce(context);
  observer.onLink((isUp) => tellLink(context, isUp));
  await interruptible(context, (signal) => {
    return new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => resolve());
      const onCall = teller(context, tally);
      observer.onCall((call) => {
        if (fits(call, options) && tally.shown < most) onCall(call);
        if (tally.shown >= most) resolve();
      });
      // Who may not listen would wait for calls that never come; a server that goes meanwhile comes back.
      observer.flush().catch((error: unknown) => {
        if (!isMeshError(error, MeshCode.Unavailable)) reject(error);
      });
    });
  });
  if (!context.json) note(context, context.palette.dim(summary(tally)));
  return Exit.ok;
}

/** Shows a call, or counts it when the terminal is slower than the mesh: what waits must not make us grow. */
function teller(context: Context, tally: Tally): (call: SeenCall) => void {
  let mayWrite = true;
  return (call) => {
    if (call.outcome !== "ok") tally.failed++;
    if (!mayWrite) {
      tally.missed++;
      return;
    }
    tally.shown++;
    mayWrite = show(context, call);
    if (mayWrite) return;
    context.terminal.out.once("drain", () => {
      mayWrite = true;
    });
  };
}

function introduce(context: Context): void {
  const { dim } = context.palette;
  note(context, dim(`watching calls on ${context.place.servers.join(", ")}; Ctrl-C ends it`));
  note(
    context,
    dim("while anybody watches, the server's 503 is gone: a call to nobody is not refused at once"),
  );
  context.terminal.out.write(`${dim(aligned(titles, layout))}\n`);
}

const layout = { widths: [12, 16, 28, 14, 9, 0], right: 4 };
const titles = ["TIME", "CALLER", "CALLED", "ROUTE", "TOOK", "STATUS"] as const;

function show(context: Context, call: SeenCall): boolean {
  const { terminal, palette, json } = context;
  const time = new Date().toISOString();
  if (json) return printJson(context, { time, ...call, route: routeToken(call.route) });
  const cells = [
    time.slice(11, 23),
    call.caller,
    `${call.agent}.${call.skill}`,
    routeToken(call.route),
    duration(call.tookMs),
    status(call),
  ] as const;
  const text = plain(aligned(cells, layout));
  const paint = call.outcome === "ok" ? palette.green : palette.red;
  const at = text.length - cells[5].length;
  return terminal.out.write(`${text.slice(0, at)}${paint(text.slice(at))}\n`);
}

function status(call: SeenCall): string {
  const parts: string[] = [call.outcome];
  if (call.frames !== undefined) parts.push(count(call.frames, "frame"));
  if (call.attempt > 1) parts.push(`attempt ${call.attempt}`);
  return parts.join(", ");
}

function fits(call: SeenCall, { agent, skill, caller }: TapOptions): boolean {
  if (agent !== undefined && call.agent !== agent) return false;
  if (skill !== undefined && call.skill !== skill) return false;
  return caller === undefined || call.caller === caller;
}

function summary({ shown, failed, missed }: Tally): string {
  const more = missed === 0 ? "" : `, ${missed} not shown because the terminal is too slow`;
  return `${count(shown, "call")} seen, ${failed} failed${more}`;
}
