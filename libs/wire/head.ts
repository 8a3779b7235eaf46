import { maxHeaderBytes } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";

/** The first line of every header block (NATS client protocol, HPUB). */
export const headLine = "NATS/1.0\r\n";

/** What to look for in a raw block to find a header: its line's beginning. */
export function needle(name: string): string {
  return `\r\n${name}:`;
}

/** The value of a header in a raw block, without the spaces around it; undefined when it is not there. */
export function field(head: string, needle: string): string | undefined {
  return fieldAt(head, needle, head.indexOf(needle));
}

/**
 * The value of a header that the server itself has put into a stored message.
 *
 * It puts them after those of whoever published, who may have written the same: the last one is the server's.
 */
export function serverField(head: string, needle: string): string | undefined {
  return fieldAt(head, needle, head.lastIndexOf(needle));
}

function fieldAt(head: string, needle: string, at: number): string | undefined {
  if (at < 0) return undefined;
  let from = at + needle.length;
  let end = head.indexOf("\r\n", from);
  if (end < 0) end = head.length;
  // Not `trim()`: in a block of bytes, what it takes for a space may be the last byte of a letter.
  while (from < end && isSpace(head.charCodeAt(from))) from++;
  while (end > from && isSpace(head.charCodeAt(end - 1))) end--;
  return head.slice(from, end);
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9;
}

/** The status of a message from the server itself, such as 503 for no responders; 0 when it has none. */
export function statusOf(head: string): number {
  // "NATS/1.0 503": a space where an ordinary block has the line's end.
  if (head.charCodeAt(8) !== 32) return 0;
  const status = Number.parseInt(head.slice(9, 12), 10);
  return Number.isNaN(status) ? 0 : status;
}

/** Throws `malformed_header` on a block that no client should send. */
export function checkHead(head: string): void {
  if (head.length > maxHeaderBytes) {
    throw malformed("headers", `at most ${maxHeaderBytes} bytes`, `${head.length} bytes`);
  }
  if (head !== "" && !head.startsWith("NATS/1.0")) {
    throw malformed(
      "headers",
      "a block that begins with NATS/1.0",
      JSON.stringify(head.slice(0, 16)),
    );
  }
}

/** The value of a header that must be a whole number within bounds; throws `malformed_header`. */
export function whole(
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = digits.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw malformed(name, `a whole number from ${least} to ${most}`, quoted(text));
}

const digits = /^\d{1,10}$/;

/** The beginning of what came, for an error's text. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

export function malformed(name: string, allowed: string, came: string): MeshError {
  return new MeshError(MeshCode.MalformedHeader, `${name} must be ${allowed}, got ${came}`);
}

/** A text made fit for a header's value: one line, bounded. */
export function headerText(text: string, most = 1_024): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass
  return text.slice(0, most).replaceAll(/[\u0000-\u001f\u007f]+/g, " ");
}
