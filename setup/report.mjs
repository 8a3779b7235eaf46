// @ts-check

/**
 * Says what setup does. Always on standard error: standard output belongs to the program.
 *
 * @typedef {object} Report
 * @property {(text: string) => void} line
 * @property {<T>(what: string, work: (show: (detail: string) => void) => Promise<T>) => Promise<T>} during
 *   Shows that work goes on, with the seconds it has taken and the newest detail.
 */

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
      let detail = "";
      const tick = () => {
        const seconds = Math.round((Date.now() - started) / 1_000);
        const text = `  ${what}: ${seconds} s${detail && `, ${detail}`}`;
        out.write(out.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
      };
      line(`${what} ...`);
      const timer = setInterval(tick, everyMs);
      try {
        return await work((newest) => {
          detail = newest;
        });
      } finally {
        clearInterval(timer);
        if (out.isTTY) out.write("\r\x1b[K");
      }
    },
  };
}
