const everyMs = 20;

/** Follows this process's resident memory from a start to its highest. */
export class Peak {
  #start = 0;
  #highest = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Begins, after what is garbage now has been taken away. */
  watch(): void {
    globalThis.gc?.();
    this.#start = process.memoryUsage.rss();
    this.#highest = this.#start;
    this.#timer = setInterval(() => {
      this.#highest = Math.max(this.#highest, process.memoryUsage.rss());
    }, everyMs);
  }

  /** Ends, and answers with the highest above the start, in MiB. */
  take(): number {
    clearInterval(this.#timer);
    return (this.#highest - this.#start) / 1_048_576;
  }
}
