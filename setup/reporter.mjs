// @ts-check
import { relative } from "node:path";
import { tap } from "node:test/reporters";
import { inspect } from "node:util";

/** How much of a failure is told at the end: what was expected, and where. */
const mostLines = 12;

/**
 * The runner's TAP, with every test that failed once more before the counts: whoever keeps only the end of a long
 * output still learns what failed and why.
 *
 * @param {AsyncIterable<any>} events The runner's.
 */
export default async function* reporter(events) {
  yield* tap(withFailures(events));
}

/** @param {AsyncIterable<any>} events */
async function* withFailures(events) {
  /** @type {string[]} */
  const failures = [];
  for await (const event of events) {
    if (event.type === "test:fail" && event.data.todo === undefined)
      failures.push(...told(event.data));
    if (isFirstCount(event)) {
      for (const message of failures.splice(0)) {
        yield { type: "test:diagnostic", data: { nesting: 0, message } };
      }
    }
    yield event;
  }
}

/** @param {any} event */
function isFirstCount({ type, data }) {
  return type === "test:diagnostic" && data.nesting === 0 && /^tests \d+$/.test(data.message);
}

/** @param {any} data */
function told({ name, file, details }) {
  const where = file === undefined ? "" : `${relative(process.cwd(), file)}: `;
  const error = details?.error;
  const reason = error?.cause?.stack ?? error?.cause ?? error?.message ?? error;
  const text = typeof reason === "string" ? reason : inspect(reason);
  const lines = text.split("\n").filter(Boolean).slice(0, mostLines);
  return [`failed: ${where}${name}`, ...lines.map((line) => `  ${line}`)];
}
