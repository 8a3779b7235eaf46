/**
 * Where a text stops being JSON: the place of the first character that cannot stand there; the text's length when it
 * ends too early. `JSON.parse` decides whether there is a fault at all, but names its place only now and then.
 */
export function faultIn(text: string): number {
  const reader = new Reader(text);
  return reader.value() && reader.end() ? text.length : reader.at;
}

const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y;
const opening = /"(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/uy;
const closing = /"/y;
const space = /[ \t\r\n]*/y;

/** Walks over a text as RFC 8259 has it; `at` is how far it came. */
class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(): boolean {
    this.#pass(space);
    const next = this.#text[this.at];
    if (next === "{") return this.#list("}", () => this.#field());
    if (next === "[") return this.#list("]", () => this.value());
    return next === '"' ? this.#string() : this.#pass(scalar);
  }

  end(): boolean {
    this.#pass(space);
    return this.at === this.#text.length;
  }

  #field(): boolean {
    this.#pass(space);
    return this.#text[this.at] === '"' && this.#string() && this.#mark(":") && this.value();
  }

  #list(close: string, item: () => boolean): boolean {
    this.at++;
    if (this.#mark(close)) return true;
    do {
      if (!item()) return false;
    } while (this.#mark(","));
    return this.#mark(close);
  }

  #string(): boolean {
    return this.#pass(opening) && this.#pass(closing);
  }

  #mark(mark: string): boolean {
    this.#pass(space);
    if (this.#text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  #pass(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.at = pattern.lastIndex;
    return found !== null;
  }
}
