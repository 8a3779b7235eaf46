/** Work that only waits: any number of calls at once. */
export function parallel(workMs: number): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, workMs));
}

/** The same behind a lock of the process: one call at a time, the others wait for it. */
export function serial(workMs: number): () => Promise<void> {
  const work = parallel(workMs);
  let last = Promise.resolve();
  return () => {
    last = last.then(work);
    return last;
  };
}
