/** What came of waiting no longer than allowed. */
export type Bounded<T> = { readonly inTime: true; readonly value: T } | { readonly inTime: false };

/** Waits for a promise, but no longer than this; the promise itself goes on. */
export async function bounded<T>(promise: Promise<T>, timeoutMs: number): Promise<Bounded<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Bounded<T>>((resolve) => {
    timer = setTimeout(() => resolve({ inTime: false }), timeoutMs);
  });
  try {
    return await Promise.race([promise.then((value) => ({ inTime: true as const, value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
