/** The server counts time in nanoseconds, everything else here in milliseconds. */
export const nanosecondsPerMs = 1_000_000;

/** One day, in milliseconds. */
export const dayMs = 86_400_000;

/** How long a stream keeps what is in it, results and events among them, in milliseconds. */
export const usualAgeMs = 7 * dayMs;

/** How long dead letters are kept, in milliseconds. */
export const deadAgeMs = 30 * dayMs;

/** Longest that a blob is kept, in milliseconds: longer than a task waits and its dead letter is kept. */
export const mostBlobMs = 45 * dayMs;
