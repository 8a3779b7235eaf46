import { MeshCode, MeshError } from "../errors/index.ts";

/** How long `eventually` waits. */
export interface Patience {
  /** Until it gives up, in milliseconds. Default: 20,000, for a machine may be busy. */
  readonly timeoutMs?: number;
  /** Between two looks, in milliseconds. Default: 10. */
  readonly everyMs?: number;
}

type Truthy<T> = Exclude<T, false | 0 | "" | null | undefined>;

/**
 * Looks again and again until `check` gives something truthy, and hands that back.
 *
 * A check that throws counts as not yet; when time is up its last error is the cause.
 */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  patience: Patience = {},
): Promise<Truthy<T>> {
  const timeoutMs = patience.timeoutMs ?? 20_000;
  const everyMs = patience.everyMs ?? 10;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const look = await attempt(check);
    if (look.value) return look.value as Truthy<T>;
    if (performance.now() >= end) {
      const last = look.error === undefined ? `it was ${String(look.value)}` : `it threw`;
      throw new MeshError(
        MeshCode.DeadlineExceeded,
        `not within ${timeoutMs} ms: ${what}; at last ${last}`,
        { cause: look.error },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

interface Look<T> {
  readonly value?: T;
  readonly error?: unknown;
}

async function attempt<T>(check: () => T | Promise<T>): Promise<Look<T>> {
  try {
    return { value: await check() };
  } catch (error) {
    return { error };
  }
}
