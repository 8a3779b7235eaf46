import { MeshCode, MeshError } from "../../errors/index.ts";

/** The way to a value: keys of maps, indexes of lists. */
export type Path = readonly (string | number)[];

/** Something that is wrong, and where. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly path: Path;
  readonly what: string;
}

/** Most problems that one error tells. */
const mostTold = 20;

/** All problems as one error, each on a line of its own, in the order of the file. */
export function errorOf(file: string, problems: readonly Problem[]): MeshError {
  const sorted = problems.toSorted(
    (one, other) => one.line - other.line || one.column - other.column,
  );
  const told = [...new Set(sorted.map((problem) => lineOf(file, problem)))];
  const rest = told.length - mostTold;
  const lines = rest > 0 ? [...told.slice(0, mostTold), `and ${rest} more`] : told;
  return new MeshError(MeshCode.InvalidArgument, lines.join("\n"));
}

/** `workspaces.desk.agents.editor.calls[1]`. */
function textOf(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = /^[\w-]{1,63}$/.test(step) ? step : JSON.stringify(step.slice(0, 63));
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

function lineOf(file: string, { line, column, path, what }: Problem): string {
  const where = `${file}:${line}:${column}`;
  return path.length === 0 ? `${where}: ${what}` : `${where}: ${textOf(path)}: ${what}`;
}
