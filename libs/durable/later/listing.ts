import { isToken, listedState, parseResultSubject, Store } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import type { Clock, Operation } from "../../pipeline/index.ts";
import { hexId } from "../../pipeline/index.ts";
import { json } from "../../wire/index.ts";
import type { StoreAccess } from "../stored/store.ts";
import { statesOf } from "../tasks/documents.ts";
import type { WaitOptions } from "../tasks/handle.ts";
import { ResultWatch } from "../tasks/result-watch.ts";
import { isPlanned, type Plan } from "./plan.ts";
import { type Kept, type Schedule, scheduleOf } from "./schedule.ts";

export interface ListingParts {
  /** Of which skill. */
  readonly operation: Operation;
  readonly name: string;
  readonly link: Pick<Link, "subscribe" | "onUp">;
  readonly store: StoreAccess;
  readonly clock: Clock;
  /** Sends an order to keeper. */
  readonly order: (id: string, plan: Plan) => Promise<void>;
  readonly cancel: (kept: Kept) => Promise<void>;
}

/** A part of what there is, as keeper answers. */
export interface Page {
  readonly schedules: readonly {
    readonly id: string;
    readonly plan: Kept["plan"];
    readonly storedAt: string;
  }[];
  /** Where the next part begins; absent in the last one. */
  readonly next?: number;
}

/** How long keeper may take for one page where nobody says otherwise, in milliseconds. */
const patienceMs = 15_000;

/** What a submitter has for later of a skill, page by page: each is an order to keeper, answered as a result is. */
export async function* listSchedules(
  { timeoutMs = patienceMs, signal }: WaitOptions,
  parts: ListingParts,
): AsyncGenerator<Schedule, void> {
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: Page = await ask(from, { timeoutMs, signal }, parts);
    for (const { id, plan, storedAt } of page.schedules) {
      const kept = { id, plan, storedAt: new Date(storedAt) };
      yield scheduleOf(kept, () => parts.cancel(kept));
    }
    from = page.next;
  }
}

interface Waiting {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

async function ask(
  from: number,
  waiting: Waiting,
  { operation, name, link, clock, store, order }: ListingParts,
): Promise<Page> {
  const { agent, key } = operation;
  const id = `list-${hexId(16)}`;
  const subject = statesOf({ submitter: name, task: id, agent })(listedState);
  const look = () => store.last(Store.results, subject);
  using watch = new ResultWatch({
    ...{ link, clock, subject, ...waiting },
    look: async () => (await look()) !== undefined,
    // Others can put a message there, so what is live is a hint to look only.
    hear: ({ subject: heard }) => (parseResultSubject(heard).ok ? "end" : undefined),
    what: `what ${name} has for later of ${key}; does keeper run?`,
  });
  await order(id, { does: "list", from });
  const ended = await watch.untilEnded();
  if (ended.is === "stopped") throw ended.error;
  const answer = await look();
  const page: unknown = answer === undefined ? undefined : json.decode(answer.payload);
  if (isPage(page)) return page;
  throw new MeshError(MeshCode.Internal, `what keeper has for later of ${key} cannot be read`);
}

function isPage(value: unknown): value is Page {
  const { schedules, next } = (value ?? {}) as Partial<Record<keyof Page, unknown>>;
  const isNext = next === undefined || (Number.isSafeInteger(next) && Number(next) > 0);
  return isNext && Array.isArray(schedules) && schedules.every(isKept);
}

function isKept(value: unknown): boolean {
  const { id, plan, storedAt } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isNamed = typeof id === "string" && isToken(id) && typeof storedAt === "string";
  return isNamed && !Number.isNaN(Date.parse(storedAt)) && isPlanned(plan);
}
