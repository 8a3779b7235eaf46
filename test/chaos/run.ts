import { connect, isMeshError, type Mesh } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import type { ConsumerName, StoreName } from "@myelin/subjects";
import { ChaosCluster } from "./cluster.ts";
import { Ledger } from "./ledger.ts";
import { type Fate, meshFile } from "./mesh.ts";
import { wreak } from "./mishaps.ts";
import { makePlan, type Plan } from "./plan.ts";
import { Reader } from "./reader.ts";
import type { Runs } from "./runs.ts";
import { passes, send } from "./sending.ts";
import { Crew } from "./worker.ts";

/** What is sent, and to whom. */
export interface Work {
  /** Who sends, and who works. */
  readonly sender: string;
  readonly worker: string;
  /** The worker's program, a file of this folder. */
  readonly program: string;
  /** Where it is stored; the leader of this stream is killed. */
  readonly stream: StoreName;
  readonly consumers: readonly ConsumerName[];
  /** Resolves once it is stored. */
  readonly send: (sender: Mesh, id: string, fate: Fate) => Promise<unknown>;
}

/** Everything that is known once it is over. */
export interface Outcome {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly runs: Runs;
  readonly reader: Reader;
  /** The ids of those that had to be done, of those that had to fail, and of all. */
  readonly good: readonly string[];
  readonly broken: readonly string[];
  readonly ids: readonly string[];
  readonly deliveries: number;
}

/** How much of what the workers complained of is told where something went wrong. */
const mostComplaints = 50;
const patience = { timeoutMs: 60_000, everyMs: 200 };

/** Sends messages while everything around them breaks, waits until all are over, and has the outcome judged. */
export async function chaos(work: Work, judge: (outcome: Outcome) => Promise<void>): Promise<void> {
  const plan = makePlan();
  // Not the test's diagnostics: of a run that hangs and is ended nobody would see them.
  const say = (line: string): void => console.error(line);
  say(`MYELIN_CHAOS_SEED=${plan.seed} repeats this run`);
  using ledger = new Ledger();
  await using cluster = await ChaosCluster.start(meshFile);
  await using reader = await Reader.join(cluster);
  const order = { access: cluster.access(work.worker), folder: ledger.folder };
  await using crew = await Crew.start(work.program, order);
  await using sender = await connect(cluster.access(work.sender));
  const fates = fatesOf(plan);
  const ids = [...fates.keys()];
  const good = ids.filter((id) => fates.get(id) !== "breaks");
  const pace = { upTo: 0, done: () => ledger.count / good.length };
  const world = {
    ...{ cluster, crew, reader, say, stream: work.stream, progress: pace.done },
    onPace: (upTo: number) => void Object.assign(pace, { upTo }),
  };
  const one = (id: string): Promise<unknown> =>
    stored(id, () => work.send(sender, id, fates.get(id) ?? "holds"));
  await Promise.all([wreak(plan, world), send(ids, one, pace)]);
  const open = sumOf(work, (consumer) => reader.open(consumer));
  await eventually("all of it is over", async () => (await open()) === 0, patience);
  const deliveries = await sumOf(work, (consumer) => reader.deliveries(consumer))();
  const { runs } = ledger;
  say(
    `${ids.length} sent, ${deliveries} deliveries, ${runs.byId.size} worked on, ${runs.again} more runs`,
  );
  const broken = ids.filter((id) => fates.get(id) === "breaks");
  try {
    await judge({ plan, ledger, runs, reader, good, broken, ids, deliveries });
  } catch (error) {
    for (const line of ledger.complaints.slice(0, mostComplaints)) say(line);
    throw error;
  }
}

/** One in fifty fails at first, one in a hundred for good. */
function fatesOf({ messages, random }: Plan): ReadonlyMap<string, Fate> {
  const fate = (by: number): Fate => (by < 0.01 ? "breaks" : by < 0.03 ? "slips once" : "holds");
  return new Map(Array.from({ length: messages }, (_, n) => [`stone-${n}`, fate(random())]));
}

/** Again under the same id until the store has said that it has it; nothing but that it may be away is borne. */
async function stored(id: string, send: () => Promise<unknown>): Promise<void> {
  let refusal: unknown;
  const isOver = async (): Promise<boolean> => {
    try {
      await send();
      return true;
    } catch (error) {
      refusal = isMeshError(error) && passes(error) ? undefined : error;
      return refusal !== undefined;
    }
  };
  await eventually(`${id} is stored`, isOver, patience);
  if (refusal !== undefined) throw refusal;
}

function sumOf({ consumers }: Work, count: (one: ConsumerName) => Promise<number>) {
  return async (): Promise<number> => {
    const counts = await Promise.all(consumers.map(count));
    return counts.reduce((all, one) => all + one, 0);
  };
}

export function sorted(list: Iterable<string>): readonly string[] {
  return [...list].sort();
}

/** Messages whose work was done more often than it was begun, or less often than it was ended. */
export function doneUnnoted(ledger: Ledger, { byId }: Runs): readonly string[] {
  return ledger.laid.filter((id) => {
    const runs = byId.get(id) ?? [];
    const effects = ledger.effects(id);
    return effects > runs.length || effects < runs.filter(({ end }) => end !== undefined).length;
  });
}
