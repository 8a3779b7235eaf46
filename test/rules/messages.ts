import { scanCode, type Token } from "./scan.ts";

/** The shape of a message: field names, and for each a scalar's kind, a list's, or a message's. */
export type Shape = string | { readonly [field: string]: Shape };

/** Reads interfaces, type aliases and frozen objects of one TypeScript file into shapes, by name. */
export function shapesOf(source: string): Map<string, Shape> {
  const reader = new Reader(scanCode(source));
  return reader.read();
}

/** Knows object types, arrays, unions of one-field objects, and names: what messages.ts is written in. */
class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): Map<string, Shape> {
    const shapes = new Map<string, Shape>();
    for (; this.#at < this.#tokens.length; this.#at++) {
      const word = this.#text();
      const name = this.#text(1);
      if (word === "interface") {
        this.#at += 2;
        shapes.set(name, this.#type());
      } else if (word === "type" && this.#text(2) === "=" && "|{".includes(this.#text(3))) {
        this.#at += 3;
        shapes.set(name, this.#type());
      }
    }
    return shapes;
  }

  #type(): Shape {
    let shape: Shape = {};
    if (this.#text() !== "|") shape = this.#single();
    while (this.#text() === "|") {
      this.#at += 1;
      const next = this.#single();
      shape =
        typeof shape === "string" || typeof next === "string" ? "union" : { ...shape, ...next };
    }
    return shape;
  }

  #single(): Shape {
    this.#skip("readonly");
    if (this.#text() === "{") return this.#object();
    const name = this.#text();
    this.#at += 1;
    if (this.#text() !== "[") return name;
    this.#at += 2;
    return `${name}[]`;
  }

  #object(): Shape {
    const fields: Record<string, Shape> = {};
    this.#at += 1;
    while (this.#text() !== "}") {
      this.#skip("readonly");
      const field = this.#text();
      this.#at += 1;
      this.#skip("?");
      this.#skip(":");
      fields[field] = this.#type();
      this.#skip(";");
    }
    this.#at += 1;
    return fields;
  }

  #skip(text: string): void {
    if (this.#text() === text) this.#at += 1;
  }

  #text(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.text ?? "}";
  }
}
