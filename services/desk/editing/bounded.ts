/** Works on many things, `most` at a time, and gives each result as soon as it is there. */
export async function* bounded<In, Out>(
  things: Iterable<In>,
  most: number,
  work: (thing: In) => Promise<Out>,
): AsyncGenerator<Out, void, undefined> {
  const running = new Map<number, Promise<readonly [number, Out]>>();
  let started = 0;
  try {
    for (const thing of things) {
      const id = started++;
      running.set(
        id,
        work(thing).then((result) => [id, result] as const),
      );
      if (running.size >= most) yield await next(running);
    }
    while (running.size > 0) yield await next(running);
  } finally {
    // Whoever leaves early does not hear of later failures, and neither must the process.
    for (const rest of running.values()) rest.catch(() => {});
  }
}

async function next<Out>(running: Map<number, Promise<readonly [number, Out]>>): Promise<Out> {
  const [id, result] = await Promise.race(running.values());
  running.delete(id);
  return result;
}
