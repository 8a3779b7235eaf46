import { call } from "../../../libs/testing/index.ts";
import { beat, known } from "./ground.ts";

/** One instance of a simulated agent. */
export interface Simulated {
  readonly name: string;
  /** How long one call takes it, in milliseconds. */
  readonly takesMs: number;
  /** Whether calls wait for each other there. */
  readonly isSerial: boolean;
  /** When it comes up. Default: before the caller. */
  readonly joinsMs?: number;
}

export interface Simulation {
  readonly instances: readonly Simulated[];
  readonly inFlight: number;
  readonly forMs: number;
}

export interface SimulatedRun {
  readonly rate: number;
  readonly p99: number;
  /** Of each second the calls that each instance answered. */
  readonly seconds: readonly Readonly<Record<string, number>>[];
}

/** A caller that keeps so many calls in flight; the same on each machine and in each run. */
export function simulate({ instances, inFlight, forMs }: Simulation): SimulatedRun {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const first = instances.filter(({ joinsMs = 0 }) => joinsMs === 0).map(({ name }) => name);
  const { discovery, clock, link } = known(first, { random });
  const byName = new Map(instances.map((one) => [one.name, one]));
  const freeAt = new Map<string, number>();
  const load = new Map<string, number>();
  const took: number[] = [];
  const seconds: Record<string, number>[] = [];
  const begunAt = clock.now();
  const send = (): void => {
    const target = discovery.pick(call());
    const name = target?.instance ?? "";
    const one = byName.get(name);
    if (one === undefined) throw new Error(`nobody was picked: ${name}`);
    const attempt = call({ target });
    const sentAt = clock.now();
    discovery.sent(attempt);
    load.set(name, (load.get(name) ?? 0) + 1);
    const startsAt = one.isSerial ? Math.max(freeAt.get(name) ?? 0, sentAt) : sentAt;
    const endsAt = startsAt + one.takesMs;
    freeAt.set(name, endsAt);
    clock.schedule(endsAt - sentAt, () => {
      const told = load.get(name) ?? 0;
      load.set(name, told - 1);
      const tookMs = clock.now() - sentAt;
      took.push(tookMs);
      const second = Math.floor((clock.now() - begunAt) / 1_000);
      seconds[second] ??= {};
      const counts = seconds[second];
      counts[name] = (counts[name] ?? 0) + 1;
      discovery.answered(attempt, tookMs, name, told);
      if (clock.now() - begunAt < forMs) send();
    });
  };
  for (let at = 1_000; at < forMs; at += 1_000) {
    clock.schedule(at, () => {
      for (const { name, joinsMs = 0 } of instances)
        if (joinsMs <= at) link.deliver(beat(name, { load: load.get(name) ?? 0 }));
    });
  }
  for (let n = 0; n < inFlight; n++) send();
  clock.advance(forMs + 2_000);
  took.sort((one, other) => one - other);
  const p99 = took[Math.floor(took.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  return { rate: (took.length / forMs) * 1_000, p99, seconds };
}
