import type { SeenCall } from "@myelin/mesh/operate";
import { routeToken } from "@myelin/subjects";
import { type Context, look, note } from "../context.ts";
import { Exit, interruptible, usage } from "../failure.ts";
import { count, duration } from "../table.ts";
import { plain } from "../terminal.ts";

export interface TapOptions {
  readonly agent?: string;
  readonly skill?: string;
  readonly caller?: string;
  /** Ends by itself after so many calls. */
  readonly count?: string;
}

/** Shows calls as they end, until Ctrl-C. */
export async function tap(context: Context, options: TapOptions): Promise<number> {
  const most = options.count === undefined ? Number.POSITIVE_INFINITY : wanted(options.count);
  await using observer = await look(context);
  const seen = { shown: 0, failed: 0, missed: 0 };
  if (!context.json) introduce(context);
  await interruptible(context, (signal) => {
    return new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
      let mayWrite = true;
      observer.onCall((call) => {
        if (!fits(call, options) || seen.shown >= most) return;
        if (call.outcome !== "ok") seen.failed++;
        // A terminal slower than the mesh must not make us grow: what it cannot take is counted.
        if (!mayWrite) seen.missed++;
        else {
          seen.shown++;
          mayWrite = show(context, call);
          if (!mayWrite)
            context.terminal.out.once("drain", () => {
              mayWrite = true;
            });
        }
        if (seen.shown >= most) resolve();
      });
    });
  });
  if (!context.json) note(context, context.palette.dim(summary(seen)));
  return Exit.ok;
}

function introduce(context: Context): void {
  const { dim } = context.palette;
  const where = context.place.servers.join(", ");
  note(context, dim(`watching calls on ${where}; Ctrl-C ends it`));
  note(
    context,
    dim(
      "while anybody watches, a call to nobody is not refused at once: the server's 503 needs that no one listens",
    ),
  );
  context.terminal.out.write(`${dim(line(titles))}\n`);
}

const titles = ["TIME", "CALLER", "CALLED", "ROUTE", "TOOK", "STATUS"] as const;

function show(context: Context, call: SeenCall): boolean {
  const { terminal, palette, json } = context;
  const time = new Date().toISOString();
  if (json)
    return terminal.out.write(
      `${JSON.stringify({ time, ...call, route: routeToken(call.route) })}\n`,
    );
  const cells = [
    time.slice(11, 23),
    call.caller,
    `${call.agent}.${call.skill}`,
    routeToken(call.route),
    duration(call.tookMs),
    status(call),
  ] as const;
  const text = plain(line(cells));
  const paint = call.outcome === "ok" ? palette.green : palette.red;
  const at = text.length - cells[5].length;
  return terminal.out.write(`${text.slice(0, at)}${paint(text.slice(at))}\n`);
}

const widths = [12, 16, 28, 14, 9, 0];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at === 4 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
    .join("  ");
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

function wanted(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw usage(`--count must be a whole number from 1 up, got ${text}`);
}

function summary({
  shown,
  failed,
  missed,
}: {
  shown: number;
  failed: number;
  missed: number;
}): string {
  const more = missed === 0 ? "" : `, ${missed} not shown because the terminal is too slow`;
  return `${count(shown, "call")} seen, ${failed} failed${more}`;
}
