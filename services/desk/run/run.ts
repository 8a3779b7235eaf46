import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "../documents/sources.ts";
import type { DeskOptions } from "../options.ts";
import { commands } from "../screen/commands.ts";
import { report } from "../screen/report.ts";
import type { Screen } from "../screen/screen.ts";
import { duration } from "../screen/text.ts";
import { count } from "../text/count.ts";
import { leaveAddress, removeAddress } from "./address.ts";
import { Course } from "./course.ts";
import { type Desk, openDesk, summarizerLabel, usualPort } from "./desk.ts";
import { prepareFolder } from "./folder.ts";
import { DeskHome } from "./home.ts";
import { Mishaps } from "./mishaps.ts";
import { type RunRecord, recordOf, writeRecord } from "./record.ts";

/** What a run needs of the world. */
export interface Surroundings {
  readonly sources: readonly Source[];
  readonly natsServer: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly screen: Screen;
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
}

/** Opens a desk, has the digest written, tells of it, and closes the desk; the answer is what became of it. */
export async function run(options: DeskOptions, world: Surroundings): Promise<RunRecord> {
  const log = await prepareFolder(options.out);
  try {
    const desk = await open(options, world, log);
    try {
      return await work(desk, options, world);
    } finally {
      world.screen.clear();
      await desk.close();
      await removeAddress(world.cwd, desk);
    }
  } finally {
    await log.close();
  }
}

async function open(options: DeskOptions, world: Surroundings, log: FileHandle): Promise<Desk> {
  const { screen } = world;
  const { dim, red } = screen.palette;
  const { out, summarizers } = options;
  const { sources, natsServer, cwd, env, signal } = world;
  const started = performance.now();
  const home = await DeskHome.prepare(join(cwd, ".cache", "mesh"));
  const desk = await openDesk({
    ...{ home, sources, natsServer, env, signal, out, summarizers, log },
    base: cwd,
    onBroker: (url) => screen.say(`${url} is up with TLS${hintOf(url)}; the agents are starting`),
    onReady: (ready, of) => screen.progress(ready, of, "agents have started"),
    onLoss: ({ label }, how) =>
      screen.say(red(`${label} ended by itself (${how}); desk.log says more`)),
  });
  screen.clear();
  if (options.stays) await leaveAddress(cwd, desk);
  const agents = `librarian, indexer, reviewer, editor and ${summarizers} summarizers`;
  screen.say(`${agents} can be called ${dim(`(after ${duration(performance.now() - started)})`)}`);
  return desk;
}

function hintOf(url: string): string {
  return url.endsWith(`:${usualPort}`) ? "" : ` (port ${usualPort} is taken)`;
}

async function work(desk: Desk, options: DeskOptions, world: Surroundings): Promise<RunRecord> {
  const { screen, signal, cwd } = world;
  const record = await write(desk, options, world);
  await writeRecord(record, options.out);
  const lines = report(record, { out: options.out, cwd }, screen.palette);
  for (const line of [...lines, ...commands(options.stays, screen.palette)]) screen.say(line);
  if (options.stays) {
    screen.say(`\nThe mesh stays up at ${desk.url}; Ctrl-C ends it.`);
    await aborted(signal);
  }
  return record;
}

async function write(
  desk: Desk,
  { maxWords, limit }: DeskOptions,
  { screen, signal }: Surroundings,
): Promise<RunRecord> {
  const { yellow } = screen.palette;
  const started = performance.now();
  const course = new Course();
  const mishaps = new Mishaps({
    crew: desk.crew,
    toKill: summarizerLabel(2),
    toDrain: summarizerLabel(3),
    onEnd: (kind, { label, pid }) => screen.say(yellow(`${label} ${kind} (process ${pid})`)),
  });
  for await (const progress of desk.write({ maxWords, limit }, signal)) {
    course.take(progress);
    if (progress.is === "written") continue;
    if (progress.is === "found") screen.say(`${count(course.documents, "document")} found`);
    screen.progress(course.done, course.documents, noteOf(course));
    mishaps.onProgress(course.done, course.documents);
  }
  const tookMs = Math.round(performance.now() - started);
  screen.clear();
  const ended = await mishaps.over();
  return recordOf({ course, ...ended, own: desk.figures(), server: desk.url, tookMs });
}

function noteOf({ sentBack, lost }: Course): string {
  const parts = [`documents, ${sentBack} sent back`];
  if (lost.length > 0) parts.push(`${lost.length} lost`);
  return parts.join(", ");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
