import { cost, type Pair, type Slice, slice, startPair, warm } from "../call/pair.ts";
import type { Setting } from "../support/bench.ts";
import { Children } from "../support/children.ts";
import { atLeast, type Figure, middle, ratio } from "../support/figure.ts";
import type { Login } from "../support/login.ts";
import { rounds } from "../support/rounds.ts";
import type { Server } from "../support/server.ts";

/** The same calls twice: as in the bench `call`, and over TLS with JWT and compiled permissions on both sides. */
export interface Worlds {
  readonly plain: Server;
  readonly secure: Server;
  readonly login: Login;
}

const levels = [64, 256];
const sides = ["plain raw", "plain mesh", "secure raw", "secure mesh"] as const;
type Side = (typeof sides)[number];

/** What is left of the mesh's advantage over raw when both sides pay for TLS and permissions. */
export async function callCosts(setting: Setting, worlds: Worlds): Promise<Figure[]> {
  await using children = new Children(setting);
  const pairs = new Map<Side, Pair>();
  for (const side of sides) pairs.set(side, await start(children, worlds, side));
  await warm(pairs.values());
  const figures: Figure[] = [];
  for (const inFlight of levels) figures.push(...(await compare(setting, pairs, inFlight)));
  return figures;
}

/** Raw has the mesh's subjects and inboxes in both: the server permits it nothing else in the one. */
function start(children: Children, { plain, secure, login }: Worlds, side: Side): Promise<Pair> {
  const kind = side.endsWith("raw") ? "raw" : "mesh";
  return side.startsWith("plain")
    ? startPair(children, plain, { kind, isNamed: true })
    : startPair(children, secure, { kind, isNamed: true, login });
}

async function compare(
  setting: Setting,
  pairs: ReadonlyMap<Side, Pair>,
  inFlight: number,
): Promise<Figure[]> {
  const forMs = setting.quick ? 300 : 600;
  const results = await rounds(
    setting.quick ? 6 : 21,
    [...pairs].map(([name, pair]) => ({ name, run: () => slice(pair, inFlight, forMs) })),
    (line) => setting.say(`${inFlight} in flight: ${line}`),
  );
  return figures((side) => results(side), inFlight);
}

function figures(of: (side: Side) => readonly Slice[], inFlight: number): Figure[] {
  const rates = (side: Side): number[] => of(side).map(({ rate }) => rate);
  const plain = quotients(rates("plain mesh"), rates("plain raw"));
  const secure = quotients(rates("secure mesh"), rates("secure raw"));
  return [
    {
      id: `identity.call.${inFlight}`,
      ...ratio(secure, plain),
      unit: "x in plain text",
      target: atLeast(0.95),
      note: "mesh against raw, both over TLS with JWT, by the same of both in plain text",
    },
    {
      id: `identity.call.secure.${inFlight}`,
      ...middle(secure),
      unit: "x raw",
      note: cost(of("secure mesh")),
    },
    {
      id: `identity.call.plain.${inFlight}`,
      ...middle(plain),
      unit: "x raw",
      note: cost(of("plain mesh")),
    },
    {
      id: `identity.call.raw.${inFlight}`,
      ...middle(rates("secure raw")),
      unit: "calls/s",
      note: `${cost(of("secure raw"))}; in plain text ${cost(of("plain raw"))}`,
    },
  ];
}

function quotients(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
}
