import { maxHeaderBytes, originPrefix } from "@myelin/subjects";
import { headLine } from "../../wire/index.ts";
import type { Headers } from "../stored/store.ts";

/** Most of a block that is kept: what a client of the library writes fits several times. */
const mostKept = maxHeaderBytes / 2;

/** The headers of a message that is wrapped: each as it was, under another name, since the store would act on some. */
export function wrapHead(head: string): Headers {
  const kept = head.length <= mostKept ? head : head.slice(0, head.lastIndexOf("\r\n", mostKept));
  return kept
    .split("\r\n")
    .slice(1)
    .flatMap((line): Headers => {
      const colon = line.indexOf(":");
      // Half a line's end inside a value is a line's end to some.
      if (colon < 1 || /[\r\n\0]/.test(line)) return [];
      return [[originPrefix + line.slice(0, colon), trimmed(line.slice(colon + 1))]];
    });
}

/** The headers that a message had before it was wrapped, as `wrapHead` gives them. */
export function wrappedIn(head: string): Headers {
  return head
    .split("\r\n")
    .filter((line) => line.startsWith(originPrefix))
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), trimmed(line.slice(colon + 1))] as const;
    });
}

/** The block that was wrapped into these headers. */
export function unwrapHead(origin: Headers): string {
  const lines = origin.map(([name, value]) => `${name.slice(originPrefix.length)}: ${value}\r\n`);
  return `${headLine}${lines.join("")}\r\n`;
}

/** Spaces and tabs only: in a block of bytes, what `trim()` takes for a space may be the last byte of a letter. */
function trimmed(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, "");
}
