/** One piece of TypeScript source: what the rules need to tell code from text, no more. */
export interface Token {
  /** A `part` is a piece of a template that has code in it; a template without is a `text`. */
  readonly kind: "word" | "number" | "mark" | "text" | "part" | "regex" | "comment";
  /** Of a text or part its content, of the others all of it. */
  readonly text: string;
  readonly line: number;
}

/** Cuts source into tokens; a template's parts and the code between them come out one by one. */
export function scan(source: string): Token[] {
  return new Scanner(source).tokens();
}

/** The same without comments. */
export function scanCode(source: string): Token[] {
  return scan(source).filter((token) => token.kind !== "comment");
}

/** In this order; what none of them takes is a mark of one character. */
const patterns: readonly (readonly [Token["kind"], RegExp])[] = [
  ["comment", /\/\/[^\n]*|\/\*[\s\S]*?\*\//y],
  ["text", /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y],
  ["word", /[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy],
  ["number", /\d[\w.]*/y],
  ["regex", /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y],
];
const space = /\s+/y;
const quasi = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

/** After these words a slash begins a regular expression, not a division. */
const beforeRegex = new Set(
  "return typeof case in of delete void throw new else do await yield".split(" "),
);

class Scanner {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** For each template that is open, how many braces of its code are. */
  readonly #braces: number[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  tokens(): Token[] {
    for (;;) {
      this.#pass(this.#match(space)?.[0] ?? "");
      if (this.#at >= this.#source.length) return this.#tokens;
      if (!this.#token()) this.#mark();
    }
  }

  #token(): boolean {
    for (const [kind, pattern] of patterns) {
      if (kind === "regex" && !this.#regexMayStand()) continue;
      const found = this.#match(pattern);
      if (found === undefined) continue;
      const [all, double, single] = found;
      this.#take(kind, all, kind === "text" ? (double ?? single ?? "") : all);
      return true;
    }
    return false;
  }

  #mark(): void {
    const mark = this.#source[this.#at] ?? "";
    const open = this.#braces.length - 1;
    if (mark === "`") this.#template("text");
    else if (mark === "}" && this.#braces[open] === 0) {
      this.#braces.pop();
      this.#template("part");
    } else {
      const change = mark === "{" ? 1 : mark === "}" ? -1 : 0;
      if (open >= 0) this.#braces[open] = (this.#braces[open] ?? 0) + change;
      this.#take("mark", mark, mark);
    }
  }

  /** From a template's opening mark, or the end of code in it, to the next code or its closing mark. */
  #template(whole: "text" | "part"): void {
    this.#at += 1;
    const text = this.#match(quasi)?.[0] ?? "";
    const closes = this.#source[this.#at + text.length] === "`";
    this.#take(closes ? whole : "part", text, text);
    this.#at += closes ? 1 : 2;
    if (!closes) this.#braces.push(0);
  }

  #regexMayStand(): boolean {
    const last = this.#tokens.findLast((token) => token.kind !== "comment");
    if (last === undefined) return true;
    if (last.kind === "word") return beforeRegex.has(last.text);
    return last.kind === "mark" && !")]}".includes(last.text);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source) ?? undefined;
  }

  #take(kind: Token["kind"], all: string, text: string): void {
    this.#tokens.push({ kind, text, line: this.#line });
    this.#pass(all);
  }

  #pass(text: string): void {
    this.#at += text.length;
    this.#line += text.split("\n").length - 1;
  }
}
