import type { Beat, Observer, ServiceInfo, ServiceStats } from "@myelin/mesh/operate";
import { z } from "zod";
import { isAgent } from "./card.ts";

/** One instance of an agent as it is now. */
export interface InstanceView {
  readonly instance: string;
  readonly version: string;
  /** Whether its card is verified, and why it is not. */
  readonly verified: boolean;
  readonly unverified?: string | undefined;
  /** READY, FULL or DRAINING; UNKNOWN when it told neither by STATS nor by a beat. */
  readonly state: string;
  /** Calls running and waiting, and how many can run at once. */
  readonly load: number | undefined;
  readonly room: number | undefined;
  /** Since it was started. */
  readonly calls: number;
  readonly errors: number;
  readonly started: string | undefined;
  /** Its clock minus ours when its answer arrived, in milliseconds; the way here makes it a little less. */
  readonly clockAheadMs: number | undefined;
}

/** One agent with all its instances. */
export interface AgentView {
  readonly agent: string;
  readonly description: string;
  readonly versions: readonly string[];
  readonly skills: readonly string[];
  readonly instances: readonly InstanceView[];
}

/** An instance beats once a second, give or take. */
const beatsMs = 1_500;

/** Who is there now: asks everyone, and waits for a beat of those who do not say how they are. */
export async function readRoster(observer: Observer): Promise<AgentView[]> {
  const beats = new Map<string, Beat>();
  const unhear = observer.onBeat((beat) => beats.set(beat.instance, beat));
  try {
    const [infos, stats] = await Promise.all([observer.info(), observer.stats()]);
    const agents = infos.filter(isAgent);
    const states = new Map(stats.map((one) => [one.id, one]));
    const silent = (): boolean =>
      agents.some(({ id }) => !beats.has(id) && tells(states.get(id)) === undefined);
    await untilBeatsOf(silent, observer);
    return group(agents, states, beats);
  } finally {
    unhear();
  }
}

function group(
  infos: readonly ServiceInfo[],
  stats: ReadonlyMap<string, ServiceStats>,
  beats: ReadonlyMap<string, Beat>,
): AgentView[] {
  const names = [...new Set(infos.map(({ name }) => name))].sort();
  return names.map((agent) => {
    const own = infos.filter(({ name }) => name === agent);
    return {
      agent,
      description: own[0]?.description ?? "",
      versions: [...new Set(own.map(({ version }) => version))].sort(),
      skills: [...new Set(own.flatMap(({ endpoints }) => endpoints.map(({ name }) => name)))],
      instances: own
        .map((info) => instanceOf(info, stats.get(info.id), beats.get(info.id)))
        .sort((a, b) => (a.instance < b.instance ? -1 : 1)),
    };
  });
}

function instanceOf(
  info: ServiceInfo,
  stats: ServiceStats | undefined,
  beat: Beat | undefined,
): InstanceView {
  const now = beat ?? tells(stats);
  const endpoints = stats?.endpoints ?? [];
  return {
    instance: info.id,
    version: info.version,
    verified: info.verified,
    unverified: info.unverified,
    state: now?.state ?? "UNKNOWN",
    load: now?.load,
    room: now?.room,
    calls: endpoints.reduce((total, one) => total + one.num_requests, 0),
    errors: endpoints.reduce((total, one) => total + one.num_errors, 0),
    started: stats?.started,
    clockAheadMs: aheadMs(stats),
  };
}

/** What an instance of the mesh adds to its STATS. */
const extra = z.object({
  state: z.string(),
  load: z.number(),
  room: z.number(),
  now: z.string().optional(),
});

function tells(stats: ServiceStats | undefined): z.output<typeof extra> | undefined {
  return extra.safeParse(stats?.endpoints[0]?.data).data;
}

function aheadMs(stats: ServiceStats | undefined): number | undefined {
  const ahead = Date.parse(tells(stats)?.now ?? "") - (stats?.receivedAt.getTime() ?? 0);
  return Number.isNaN(ahead) ? undefined : ahead;
}

async function untilBeatsOf(silent: () => boolean, observer: Observer): Promise<void> {
  const end = performance.now() + beatsMs;
  while (silent() && performance.now() < end) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, 50);
      const unhear = observer.onBeat(done);
      function done(): void {
        clearTimeout(timer);
        unhear();
        resolve();
      }
    });
  }
}
