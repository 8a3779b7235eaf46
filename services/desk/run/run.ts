import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { DeskOptions } from "../options.ts";
import { commands } from "../screen/commands.ts";
import { report } from "../screen/report.ts";
import { duration } from "../screen/text.ts";
import { type Address, leaveAddress, removeAddress } from "./address.ts";
import { type Desk, openDesk, usualPort } from "./desk.ts";
import { prepareFolder } from "./folder.ts";
import { DeskHome } from "./home.ts";
import { type RunRecord, writeRecord } from "./record.ts";
import { type Writing, write } from "./write.ts";

/** What a run needs of the world. */
export interface Surroundings extends Writing {
  readonly natsServer: string;
  readonly env: Readonly<Record<string, string | undefined>>;
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
      await removeAddress(world.cwd, addressOf(desk));
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
    onReady: (ready, of) => screen.progress(ready, of, "programs have started"),
    onLoss: ({ label }, how) =>
      screen.say(red(`${label} ended by itself (${how}); desk.log says more`)),
  });
  screen.clear();
  if (options.stays) await leaveAddress(cwd, addressOf(desk));
  const agents = `librarian, indexer, reviewer, editor and ${summarizers} summarizers`;
  screen.say(`${agents} can be called ${dim(`(after ${duration(performance.now() - started)})`)}`);
  return desk;
}

function addressOf({ url, home }: Desk): Address {
  return { url, home: home.folder };
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
