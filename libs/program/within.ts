import { MeshCode, MeshError } from "../errors/index.ts";

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
