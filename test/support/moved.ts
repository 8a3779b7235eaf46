const turnMs = 20;
/** A shorter gap is no standstill: other programs have their turns, too. */
const leastMs = 100;

let stillMs = 0;
let turnAt = performance.now();
let workedMs = cpuMs();

/**
 * Milliseconds by a clock that stands still while the machine does: what is promised in milliseconds is promised of a
 * machine that runs. A loop that works all the while stands not still.
 */
export function movedMs(): number {
  const [now, worked] = [performance.now(), cpuMs()];
  const gapMs = now - turnAt;
  if (gapMs > leastMs) stillMs += Math.max(0, gapMs - (worked - workedMs));
  turnAt = now;
  workedMs = worked;
  return now - stillMs;
}

/** How long something takes by that clock. */
export async function timed(act: () => unknown): Promise<number> {
  const from = movedMs();
  await act();
  return movedMs() - from;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

// Whoever gets no turn cannot tell a standstill from a wait.
setInterval(movedMs, turnMs).unref();
