import { setImmediate } from "node:timers/promises";

/**
 * Lets the process hear its messages before work that blocks it: an instance that hears nothing
 * for long counts as dead.
 */
export function turn(): Promise<void> {
  return setImmediate();
}
