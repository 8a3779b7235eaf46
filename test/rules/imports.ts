import { posix } from "node:path";
import { scanCode } from "./scan.ts";
import type { Breach, Source } from "./source.ts";

/** One module that a file asks for, in whatever form: import, type import, export from, import(), require(). */
export interface Import {
  readonly line: number;
  /** The module as written; undefined when it is computed. */
  readonly from: string | undefined;
}

/** Where an import leads: a package by name, or a file by its path from the root of the repository. */
export interface Destination {
  readonly is: "package" | "file";
  readonly name: string;
}

export function importsOf(text: string): Import[] {
  const tokens = scanCode(text);
  const found: Import[] = [];
  tokens.forEach((token, at) => {
    if (token.kind !== "word" || tokens[at - 1]?.text === ".") return;
    const next = tokens[at + 1];
    if (next === undefined) return;
    const asks = token.text === "import" || token.text === "from";
    if (asks && next.kind === "text") found.push({ line: token.line, from: next.text });
    const calls = token.text === "import" || token.text === "require";
    if (!calls || next.kind !== "mark" || next.text !== "(") return;
    const [name, end] = [tokens[at + 2], tokens[at + 3]];
    const literal = name?.kind === "text" && (end?.text === ")" || end?.text === ",");
    found.push({ line: token.line, from: literal ? name.text : undefined });
  });
  return found;
}

/** The layer a file belongs to: its folder in libs, or for a file at the top of libs its own name. */
export function layerOf(path: string): string | undefined {
  const [top, second = "", third] = path.split("/");
  if (top !== "libs") return undefined;
  return third === undefined ? posix.parse(second).name : second;
}

export function destination(from: string, path: string): Destination {
  if (!from.startsWith(".")) return { is: "package", name: packageOf(from) };
  return { is: "file", name: posix.join(posix.dirname(path), from) };
}

/** Judges every import of every file; a computed one is a breach, since no rule can read it. */
export function judgeImports(
  sources: readonly Source[],
  judge: (to: Destination, source: Source, from: string) => string | undefined,
): Breach[] {
  return sources.flatMap((source) =>
    importsOf(source.text).flatMap(({ line, from }) => {
      const what =
        from === undefined
          ? "imports a module whose name is computed"
          : judge(destination(from, source.path), source, from);
      return what === undefined ? [] : [{ path: source.path, line, what }];
    }),
  );
}

function packageOf(from: string): string {
  if (from.startsWith("node:")) return "node:";
  const parts = from.split("/");
  return from.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? from);
}
