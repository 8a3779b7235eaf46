import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One time that a message was worked on; times are nanoseconds by the clock that all processes of a machine share. */
export interface Run {
  readonly id: string;
  /** The process. */
  readonly worker: string;
  readonly begin: bigint;
  /** Not there where the worker died in the middle. */
  readonly end: bigint | undefined;
}

let number = 0;

/** Does a message's work, and leaves a note of when that began and ended. */
export async function noted(folder: string, id: string, work: () => Promise<void>): Promise<void> {
  const mark = `${id} ${++number}`;
  const note = (what: "begin" | "end"): void => {
    const line = `${mark} ${what} ${process.hrtime.bigint()}\n`;
    appendFileSync(join(folder, "runs", String(process.pid)), line);
  };
  note("begin");
  await work();
  note("end");
}

/** Leaves a note that a worker is about to be stopped in the middle of what it does. */
export function noteStop(folder: string, worker: number | undefined): void {
  appendFileSync(join(folder, "stops"), `${worker} ${process.hrtime.bigint()}\n`);
}

/** What the workers noted, and what must not be in it. */
export class Runs {
  readonly all: readonly Run[];
  /** When a worker was stopped for the first time: what it has by then others get, too. */
  readonly #stops: ReadonlyMap<string, bigint>;

  constructor(folder: string) {
    this.all = readdirSync(join(folder, "runs")).flatMap((worker) =>
      runsOf(worker, linesOf(join(folder, "runs", worker))),
    );
    const stops = linesOf(join(folder, "stops")).toReversed();
    this.#stops = new Map(stops.map(([worker = "", at = ""]) => [worker, BigInt(at)]));
  }

  /** How many there were beyond the first of each message. */
  get again(): number {
    return this.all.length - this.byId.size;
  }

  get byId(): ReadonlyMap<string, readonly Run[]> {
    const byId = new Map<string, Run[]>();
    for (const run of this.all) {
      const runs = byId.get(run.id);
      if (runs === undefined) byId.set(run.id, [run]);
      else runs.push(run);
    }
    return byId;
  }

  /** Those that began while another one of the same message went on, both by workers that lived and were never stopped. */
  get overlaps(): readonly string[] {
    return [...this.byId.values()].flatMap((runs) => {
      const lived = runs
        .filter((run) => this.#lived(run))
        .toSorted((one, other) => (one.begin < other.begin ? -1 : 1));
      return lived.flatMap(({ id, worker, begin }, at) => {
        const other = lived.slice(0, at).find(({ end = 0n }) => end > begin);
        return other === undefined ? [] : [`${id} by ${other.worker}, and then by ${worker}`];
      });
    });
  }

  #lived({ worker, end }: Run): boolean {
    if (end === undefined) return false;
    const stop = this.#stops.get(worker);
    return stop === undefined || end < stop;
  }
}

function runsOf(worker: string, lines: readonly (readonly string[])[]): readonly Run[] {
  const ends = new Map<string, bigint>();
  for (const [, mark = "", what, at = ""] of lines) if (what === "end") ends.set(mark, BigInt(at));
  return lines.flatMap(([id = "", mark = "", what, at = ""]) =>
    what === "begin" ? [{ id, worker, begin: BigInt(at), end: ends.get(mark) }] : [],
  );
}

/** The words of each line of a file, one of which may be cut: its writer was killed. */
function linesOf(file: string): readonly (readonly string[])[] {
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return whole.map((line) => line.split(" "));
}
