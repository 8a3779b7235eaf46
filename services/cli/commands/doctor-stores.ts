import { setTimeout as sleep } from "node:timers/promises";
import { MeshError, meshThatIsUp } from "@myelin/mesh";
import {
  appliedPolicy,
  type Backlog,
  type Home,
  openEvents,
  openHome,
  openLater,
  type StoreView,
  storeViews,
} from "@myelin/mesh/operate";
import { type MeshPolicy, Store } from "@myelin/subjects";
import type { Check } from "../checks.ts";
import { type Context, entering } from "../context.ts";
import { nearlyFull, shareFull, shownFullness } from "../stores.ts";
import { count } from "../table.ts";
import { droppedLine, littleRoom, roomOf } from "./events.ts";

/** From here on a stream is full: messages are of any size, and the next one may not fit. */
const fullAt = 0.98;
/** These drop what is old by design. */
const turning: readonly string[] = [Store.records, Store.advisories, Store.events];
/** A keeper that was just about to ask again is there. */
const againMs = 500;

/** Whether the streams are there and have room, and whether a keeper looks after them; as far as it can be told from here. */
export async function checkStored(context: Context): Promise<Check[]> {
  const found = homeOf(context);
  return [
    ...(found === undefined ? [] : await checkStreams(context, found)),
    ...(await checkFollows(context)),
    ...(await checkKeeper(context, found?.policy)),
  ];
}

interface FoundHome {
  readonly home: Home;
  /** What was applied, of the workspaces that are meant and have streams. */
  readonly policy: MeshPolicy;
}

/** The home behind this mesh, where it is ours to read. */
function homeOf({ where, place, terminal }: Context): FoundHome | undefined {
  const up = meshThatIsUp(terminal.cwd);
  const folder = where.folder ?? (place.servers[0] === up?.url ? up?.home : undefined);
  if (folder === undefined) return undefined;
  try {
    const home = openHome(folder);
    const { version, workspaces } = appliedPolicy(home);
    const meant = Object.entries(workspaces).filter(
      ([name, { provision }]) => (where.workspace ?? name) === name && provision !== "off",
    );
    return { home, policy: { version, workspaces: Object.fromEntries(meant) } };
  } catch {
    // Somebody else keeps it: agents have their credentials alone.
    return undefined;
  }
}

async function checkStreams({ place }: Context, { home, policy }: FoundHome): Promise<Check[]> {
  try {
    const views = await storeViews(home, policy, { servers: place.servers });
    const isOurs = ({ workspace }: StoreView): boolean =>
      policy.workspaces[workspace]?.provision !== "bind";
    const wrong = [
      ...absent(views.filter(isOurs), "`myelin streams ls` shows which, `myelin apply` makes them"),
      ...absent(
        views.filter((view) => !isOurs(view)),
        boundAdvice,
      ),
      ...views.flatMap(fullness),
    ];
    const found = `${views.filter(({ consumer }) => consumer === undefined).length} are there, with room`;
    return wrong.length > 0 || views.length === 0 ? wrong : [{ is: "ok", what: "streams", found }];
  } catch (error) {
    const { detail, reason } = MeshError.from(error);
    const isDown = reason === "servers_down";
    const next = isDown
      ? "tasks and events wait until then; nothing needs to be applied"
      : "`myelin apply` says what is wrong, and mends it";
    return [{ is: isDown ? "fail" : "warn", what: "streams", found: detail, next }];
  }
}

const boundAdvice =
  "whoever keeps the streams has to make them (provision: bind): `myelin streams ls` shows which, `myelin streams export` what they are";

/** What is missing or otherwise, in one line each. */
function absent(views: readonly StoreView[], next: string): Check[] {
  return (["missing", "differs"] as const).flatMap((state) => {
    const those = views.filter((view) => view.state === state);
    if (those.length === 0) return [];
    const names = [...new Set(those.map(({ workspace, stream }) => `${workspace}/${stream}`))];
    const is = state === "missing" ? "fail" : "warn";
    const [verb, them] = those.length === 1 ? ["is", "it"] : ["are", "them"];
    const how = state === "missing" ? `${verb} missing` : `${verb} not as mesh.yaml has ${them}`;
    const found = `${count(those.length, "stream or consumer", "streams and consumers")} ${how}: ${names.join(", ")}`;
    return [{ is, what: "streams", found, next }];
  });
}

function fullness(view: StoreView): Check[] {
  const share = shareFull(view) ?? 0;
  if (share < nearlyFull || turning.includes(view.stream)) return [];
  const is = share >= fullAt && view.refuses ? "fail" : "warn";
  const then = view.refuses ? "refuses what comes" : "drops its oldest";
  const found = `${view.workspace}/${view.stream}: ${shownFullness(view)}; when it is full it ${then}`;
  const next =
    "let it be worked off, or give it more: streams.<name>.maxBytes in mesh.yaml, then `myelin apply`";
  return [{ is, what: "streams", found, next }];
}

/** A stream of events is always full at last: it matters who has not read them. */
async function checkFollows(context: Context): Promise<Check[]> {
  try {
    await using board = await entering(context, openEvents);
    const next =
      "see that its followers run and keep up (`myelin events ls`), or keep more: streams.events.maxBytes in mesh.yaml, then `myelin apply`";
    return (await board.follows()).flatMap((one): Check[] => {
      if (one.dropped > 0) return [{ is: "fail", what: "events", found: droppedLine(one), next }];
      if (one.room >= littleRoom) return [];
      const left = `${one.agent}=${one.follow}: ${roomOf(one)} of the stream's room is left until events are dropped that it has not handled`;
      return [{ is: "warn", what: "events", found: left, next }];
    });
  } catch {
    // Who may not ask, or where there are no streams, is told nothing of it.
    return [];
  }
}

/** Nobody misses a keeper where none is meant and nothing waits for one. */
async function checkKeeper(context: Context, policy: MeshPolicy | undefined): Promise<Check[]> {
  const backlog = await keeperOf(context);
  if (backlog === undefined) return [];
  const { orders, isTaken } = backlog;
  if (isTaken) return [{ is: "ok", what: "keeper", found: "is there" }];
  const { workspaces = {} } = policy ?? {};
  const isMeant = Object.values(workspaces).some(({ roles }) => roles.keeper?.members.length);
  if (orders === 0 && !isMeant) return [];
  const waits = orders === 0 ? "" : `; ${count(orders, "order")} for later waiting`;
  const next = "run one beside the mesh: `myelin keeper`";
  return [{ is: "warn", what: "keeper", found: `none is there${waits}`, next }];
}

async function keeperOf(context: Context): Promise<Backlog | undefined> {
  try {
    await using later = await entering(context, openLater);
    const backlog = await later.backlog();
    if (backlog.isTaken) return backlog;
    await sleep(againMs);
    return await later.backlog();
  } catch {
    // Who may not ask, or where there are no streams, is told nothing of it.
    return undefined;
  }
}
