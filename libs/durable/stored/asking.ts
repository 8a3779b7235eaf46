import { MeshError } from "../../errors/index.ts";
import { type Clock, pause } from "../../pipeline/index.ts";

/** How long one try waits for the store, and how soon it is asked again, in milliseconds. */
export const tryMs = 2_500;
export const againMs = 250;

/** Asks, and again while what stands against it may pass; `mayPass` also hears how often it was asked. */
export function askWhile<T>(
  clock: Clock,
  ask: () => Promise<T>,
  mayPass: (error: MeshError, asked: number) => boolean,
): Promise<T> {
  // The first answer is nearly always one: it pays for no more than it must.
  return ask().catch(async (first: unknown) => {
    let error = first;
    for (let asked = 1; mayPass(MeshError.from(error), asked); asked++) {
      await pause(clock, againMs);
      try {
        return await ask();
      } catch (next) {
        error = next;
      }
    }
    throw error;
  });
}
