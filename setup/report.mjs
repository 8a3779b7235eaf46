// @ts-check

/**
 * Says what setup does. Always on standard error: standard output belongs to the program.
 *
 * @typedef {object} Report
 * @property {(text: string) => void} line
 * @property {<T>(what: string, work: (show: (detail: string) => void) => Promise<T>) => Promise<T>} during
 *   Shows that work goes on, with the seconds it has taken and the newest detail.
 */

/** A detail that is older tells of something else than what goes on now. */
const freshMs = 10_000;

/**
 * Reports to a stream: one line that moves on a terminal, a line now and then elsewhere.
 *
 * @param {{ write(text: string): unknown, isTTY?: boolean }} [out]
 * @returns {Report}
 */
export function createReport(out = process.stderr) {
  const everyMs = out.isTTY ? 1_000 : 10_000;
  /** @param {string} text */
  const line = (text) => void out.write(`${out.isTTY ? "\r\x1b[K" : ""}${text}\n`);
  return {
    line,
    async during(what, work) {
      const started = Date.now();
      let newest = { detail: "", at: 0 };
      const tick = () => {
        const now = Date.now();
        const seconds = Math.round((now - started) / 1_000);
        const detail = now - newest.at <= freshMs ? newest.detail : "";
        const text = `  ${what}: ${seconds} s${detail && `, ${detail}`}`;
        out.write(out.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
      };
      line(`${what} ...`);
      const timer = setInterval(tick, everyMs);
      try {
        return await work((detail) => {
          newest = { detail, at: Date.now() };
        });
      } finally {
        clearInterval(timer);
        if (out.isTTY) out.write("\r\x1b[K");
      }
    },
  };
}
