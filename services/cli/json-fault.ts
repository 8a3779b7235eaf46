import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";

/** JSON as RFC 8259 has it, without what editors' settings may hold beside. */
const strict = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

/** A string, as far as it is one. */
const opening = /"(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/uy;

/**
 * Where a text stops being JSON: the place of the first character that cannot stand there; the text's length when it
 * ends too early. `JSON.parse` decides whether there is a fault at all, but names its place only now and then.
 */
export function faultIn(text: string): number {
  const faults: ParseError[] = [];
  parse(text, faults, strict);
  const [first] = faults;
  if (first === undefined) return text.length;
  // Of a fault within a string it names the string's beginning.
  if (!/String|Character|Unicode/.test(printParseErrorCode(first.error))) return first.offset;
  opening.lastIndex = first.offset;
  return opening.test(text) ? opening.lastIndex : first.offset;
}
