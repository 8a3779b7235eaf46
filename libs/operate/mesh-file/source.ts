import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from "yaml";
import type { Path, Problem } from "./problem.ts";

/** Most characters of a file: a mesh of a thousand agents, each with a dozen grants, has half of it. */
const maxCharacters = 524_288;

/** Most entries of one list. */
const maxItems = 1_000;

/** Deeper than anything that has a meaning. */
const maxDepth = 16;
const tooDeep = `nothing here is nested more than ${maxDepth} deep`;

/** A text of YAML as plain values, and where in it each of them stands. */
export class Source {
  readonly value: unknown;
  readonly problems: Problem[] = [];
  readonly #lines = new LineCounter();
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();

  constructor(text: string) {
    const refused = text.length > maxCharacters ? tooLong(text.length) : deeperThanRead(text);
    if (refused !== undefined) {
      this.problems.push(this.#problem(0, refused));
      return;
    }
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      // The library compares each key with all others; `#map` does it once.
      uniqueKeys: false,
      // Silent it would take the first of several documents for all there is.
      logLevel: "error",
    });
    for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
      const what = code === "MULTIPLE_DOCS" ? secondDocument : message;
      this.problems.push(this.#problem(pos[0], what));
    }
    if (this.problems.length === 0) this.value = this.#plain(document.contents, []);
  }

  /** Something wrong with a value; `key` where its name is what is wrong. */
  problem(path: Path, what: string, part: "key" | "value" = "value"): Problem {
    const places = part === "key" ? this.#keys : this.#values;
    const offset = places.get(JSON.stringify(path));
    // What is missing has no place: its parent does.
    if (offset === undefined && path.length > 0 && part === "value") {
      return { ...this.problem(path.slice(0, -1), what), path };
    }
    return { ...this.#problem(offset ?? 0, what), path };
  }

  #problem(offset: number, what: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path: [], what };
  }

  #plain(node: Node | null, path: Path): unknown {
    if (node === null) return null;
    this.#values.set(JSON.stringify(path), node.range?.[0] ?? 0);
    if (path.length > maxDepth) return this.#refuse(path, tooDeep);
    if (isAlias(node) || ("anchor" in node && node.anchor !== undefined)) {
      return this.#refuse(path, "anchors and aliases are not allowed: write it out");
    }
    if (isMap(node)) return this.#map(node.items as Pair<Node, Node | null>[], path);
    if (isSeq(node)) {
      const { length } = node.items;
      if (length > maxItems) {
        return this.#refuse(path, `has ${length} entries, at most ${maxItems}; write * for all`);
      }
      return node.items.map((item, index) => this.#plain(item as Node, [...path, index]));
    }
    return isScalar(node) ? node.value : undefined;
  }

  #map(items: readonly Pair<Node, Node | null>[], path: Path): unknown {
    const found: Record<string, unknown> = Object.create(null);
    for (const { key, value } of items) {
      const offset = key?.range?.[0] ?? 0;
      // The one name that JavaScript keeps for itself.
      if (!isScalar(key) || key.anchor !== undefined || key.value === "__proto__") {
        this.problems.push({ ...this.#problem(offset, "is no key that can stand here"), path });
        continue;
      }
      // As it is written: a name may look like a number, or like nothing.
      const name = key.source ?? String(key.value);
      const inner = [...path, name];
      const place = JSON.stringify(inner);
      const first = this.#keys.get(place);
      if (first !== undefined) {
        const { line } = this.#lines.linePos(first);
        this.problems.push({
          ...this.#problem(offset, `is there already, in line ${line}`),
          path: inner,
        });
        continue;
      }
      this.#keys.set(place, offset);
      this.#values.set(place, offset);
      found[name] = this.#plain(value, inner);
    }
    return found;
  }

  #refuse(path: Path, what: string): undefined {
    this.problems.push(this.problem(path, what));
    return undefined;
  }
}

const secondDocument = "a second document begins here; a mesh is one: take out the line with ---";

function tooLong(length: number): string {
  return `the file has ${length} characters, at most ${maxCharacters} are read`;
}

/** Before it is parsed: nested deep enough, a text takes the parser, and with it the process, down. */
function deeperThanRead(text: string): string | undefined {
  let open = 0;
  let most = 0;
  for (const sign of text) {
    if (sign === "[" || sign === "{") most = Math.max(most, ++open);
    else if (sign === "]" || sign === "}") open--;
  }
  const indented = /^[ \t]{200}|^[ \t]*(?:[-?][ \t]+){17}/m.test(text);
  return most > 64 || indented ? tooDeep : undefined;
}
