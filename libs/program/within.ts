import { MeshCode, MeshError } from "../errors/index.ts";

/** What a time may be, in milliseconds: a timer for longer, some 24 days, would run at once. */
export const longest = { min: 0, max: 2_147_483_647, whole: false } as const;

/** Does something, or throws `deadline_exceeded` when it takes longer. */
export async function within<T>(
  timeoutMs: number,
  what: string,
  work: () => T | Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new MeshError(MeshCode.DeadlineExceeded, `${what} took longer than ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
