// @ts-check
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { oneLine, StepFailed } from "./step.mjs";

/**
 * @typedef {object} DownloadOptions
 * @property {(count: number) => void} [onBytes]
 * @property {number} [quietMs] Longest wait for the answer and between two pieces. Default: 8000.
 * @property {number} [limitMs] Longest time in all. Default: 300000.
 * @property {number} [maxBytes] Largest file. Default: 200000000.
 */

/**
 * Downloads into a file and answers with its SHA-256, in hexadecimal. A machine without
 * network learns so within seconds.
 *
 * @param {string} url
 * @param {string} file
 * @param {DownloadOptions} [options]
 */
export async function download(url, file, options = {}) {
  const { onBytes, quietMs = 8_000, limitMs = 300_000, maxBytes = 200_000_000 } = options;
  const stop = new AbortController();
  const giveUp = (/** @type {string} */ why) => stop.abort(new StepFailed(`${url} ${why}`));
  const quiet = setTimeout(() => giveUp(`was silent for ${quietMs / 1_000} s`), quietMs);
  const limit = setTimeout(() => giveUp(`took more than ${limitMs / 1_000} s`), limitMs);
  try {
    const answer = await fetch(url, { signal: stop.signal });
    if (!answer.ok || !answer.body) throw new StepFailed(`${url} answered ${answer.status}`);
    const hash = createHash("sha256");
    let count = 0;
    const measure = async function* (/** @type {AsyncIterable<Uint8Array>} */ pieces) {
      for await (const piece of pieces) {
        quiet.refresh();
        hash.update(piece);
        count += piece.length;
        if (count > maxBytes) throw new StepFailed(`${url} is larger than ${maxBytes} bytes`);
        onBytes?.(count);
        yield piece;
      }
    };
    const body = Readable.from(answer.body);
    await pipeline(body, measure, createWriteStream(file), { signal: stop.signal });
    return hash.digest("hex");
  } catch (error) {
    throw toStepFailed(url, stop.signal.reason ?? error);
  } finally {
    clearTimeout(quiet);
    clearTimeout(limit);
  }
}

/**
 * @param {string} url
 * @param {unknown} error
 */
function toStepFailed(url, error) {
  if (error instanceof StepFailed) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StepFailed(`${new URL(url).host} cannot be reached: ${oneLine(reason)}`);
}
