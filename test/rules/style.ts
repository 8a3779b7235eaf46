import { scan, type Token } from "./scan.ts";
import type { Breach, Source } from "./source.ts";

/** Looks at one token among its neighbours and says what is wrong with it. */
type Look = (token: Token, next: (ahead: number) => string) => string | undefined;

/** Longest a file may be, in lines. */
export function judgeLength(sources: readonly Source[], most: number): Breach[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines <= most ? [] : [{ path, line: most, what: `has ${lines} lines, at most ${most}` }];
  });
}

/** Errors of other classes than ours. */
export function judgeErrors(sources: readonly Source[]): Breach[] {
  return look(sources, ({ kind, text }, next) => {
    if (kind !== "word") return undefined;
    const thrown = next(-1) === "throw" || (next(-1) === "(" && next(-2) === "reject");
    const foreign = /^(Error|TypeError|RangeError|AggregateError)$/.test(next(1));
    return text === "new" && thrown && foreign
      ? `new ${next(1)}: throw a MeshError with a code`
      : undefined;
  });
}

/** What a library must leave to programs. */
export function judgeSurroundings(sources: readonly Source[]): Breach[] {
  return look(sources, ({ kind, text }, next) => {
    if (kind !== "word" || next(-1) === ".") return undefined;
    if (text === "console" && next(1) === ".") return "writes to the console";
    if (text !== "process" || next(1) !== ".") return undefined;
    const what = next(2);
    const programs = ["env", "exit", "exitCode", "on", "once", "argv", "stdout", "stderr", "kill"];
    return programs.includes(what) ? `uses process.${what}` : undefined;
  });
}

/** Whatever throws, where nothing may. */
export function judgeThrows(sources: readonly Source[]): Breach[] {
  return look(sources, ({ kind, text }) =>
    kind === "word" && text === "throw" ? "throws; answer with a union" : undefined,
  );
}

/** Comments that switch a check off, or promise work that nobody tracks. */
export function judgeComments(sources: readonly Source[]): Breach[] {
  return look(sources, ({ kind, text }) => {
    if (kind !== "comment") return undefined;
    if (/\b(TODO|FIXME|XXX)\b/.test(text) && !/#\d+/.test(text)) return "a TODO without an issue";
    if (/@ts-(ignore|nocheck)|eslint-disable|biome-ignore-(all|start)/.test(text)) {
      return "switches checks off";
    }
    const ignored = /biome-ignore(.*)/.exec(text)?.[1];
    if (ignored === undefined) return undefined;
    if (/import/i.test(ignored.split(":")[0] ?? "")) return "switches a rule of imports off";
    return /^ \S+: \S.{9,}/.test(ignored) ? undefined : "biome-ignore without a rule and a reason";
  });
}

/** Tests that do not run. */
export function judgeSkipped(sources: readonly Source[]): Breach[] {
  const marks = ["skip", "only", "todo"];
  return look(sources, ({ kind, text }, next) => {
    if (kind !== "word" || !marks.includes(text)) return undefined;
    const caller = /^(test|it|t|describe|suite|context)$/.test(next(-2));
    if (next(-1) === "." && caller && next(1) === "(") return `${next(-2)}.${text}`;
    return next(1) === ":" && "{,".includes(next(-1)) ? `the option ${text}` : undefined;
  });
}

function look(sources: readonly Source[], at: Look): Breach[] {
  return sources.flatMap(({ path, text }) => {
    const tokens = scan(text);
    return tokens.flatMap((token, index) => {
      const what = at(token, (ahead) => tokens[index + ahead]?.text ?? "");
      return what === undefined ? [] : [{ path, line: token.line, what }];
    });
  });
}
