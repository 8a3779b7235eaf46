import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { MeshCode, MeshError } from "@myelin/mesh";

/** What a person asked for on the command line. */
export type Invocation =
  | { readonly is: "help" }
  | { readonly is: "run"; readonly options: DeskOptions };

/** The options of a run, complete and checked. */
export interface DeskOptions {
  /** Files and folders to read, as they were given; none: the documentation of the installed packages. */
  readonly named: readonly string[];
  /** Folder of the digest, the record and the logs, absolute. */
  readonly out: string;
  /** Whether the mesh stays up after the digest is written. */
  readonly stays: boolean;
  /** Most documents. */
  readonly limit: number;
  /** Longest summary. */
  readonly maxWords: number;
  /** Instances of the summarizer at the start; two of them are lost on purpose. */
  readonly summarizers: number;
  /** With what everything is killed that can be; undefined: two summarizers end, and nothing else. */
  readonly chaos: { readonly seed: number } | undefined;
}

export const help = `npm start -- [options] [file or folder ...]

A desk of agents reads documents and writes one digest of them. Without files or
folders it reads the documentation of the packages that are installed here.
In a folder it reads .md, .markdown, .mdx, .txt, .text, .rst and .adoc files and
README; it leaves out hidden folders and node_modules.

  --stay               keep the mesh up when the digest is written, until Ctrl-C
  --out <folder>       where the digest, run.json and the logs go; default: out
  --limit <number>     most documents, 1 to 10000; default: 1000
  --words <number>     longest summary, 10 to 500 words; default: 60
  --summarizers <n>    instances of the summarizer, 3 to 16; default: 4
  --chaos              kill summarizers, the editor and the broker at random
  --seed <number>      the same blows as in another run, with --chaos
  --help               this text

While it runs, one summarizer is killed and another one drained: nothing is lost.
With --chaos much more is killed, the broker too, and started again. At the end the
summaries are counted in the broker's streams: each must be in the digest once.
With OPENAI_BASE_URL set (and OPENAI_API_KEY, OPENAI_MODEL where needed), the
summarizer asks that server; it must speak the chat completions protocol.
The exit code is 0 when every document was summarised and the streams say the
same, 1 when one was lost or the run failed, 2 when the command line is wrong.
`;

/** Reads the command line; throws `invalid_argument` that says what is wrong. */
export function readInvocation(args: readonly string[], cwd: string): Invocation {
  const { values, positionals } = parse(args);
  if (values.help === true) return { is: "help" };
  return {
    is: "run",
    options: {
      named: positionals,
      out: resolve(cwd, values.out ?? "out"),
      stays: values.stay === true,
      limit: whole("--limit", values.limit, { least: 1, most: 10_000, otherwise: 1_000 }),
      maxWords: whole("--words", values.words, { least: 10, most: 500, otherwise: 60 }),
      summarizers: whole("--summarizers", values.summarizers, { least: 3, most: 16, otherwise: 4 }),
      chaos: chaosOf(values),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        stay: { type: "boolean" },
        out: { type: "string" },
        limit: { type: "string" },
        words: { type: "string" },
        summarizers: { type: "string" },
        chaos: { type: "boolean" },
        seed: { type: "string" },
      },
    });
  } catch (cause) {
    // Node's advice behind the first sentence is about its own function.
    const [first = ""] = String(cause instanceof Error ? cause.message : cause).split(". ");
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${first}; npm start -- --help tells what there is`,
      {
        cause,
      },
    );
  }
}

const mostSeed = 4_294_967_295;

function chaosOf({ chaos, seed }: { chaos?: boolean; seed?: string }): DeskOptions["chaos"] {
  if (chaos === true) {
    const otherwise = randomInt(mostSeed);
    return { seed: whole("--seed", seed, { least: 0, most: mostSeed, otherwise }) };
  }
  if (seed === undefined) return undefined;
  throw new MeshError(MeshCode.InvalidArgument, "--seed is of --chaos; give both or none");
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly otherwise: number;
}

function whole(option: string, given: string | undefined, { least, most, otherwise }: Range) {
  if (given === undefined) return otherwise;
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= least && number <= most) return number;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} must be a whole number from ${least} to ${most}, got ${given}`,
  );
}
