import {
  type ConsumerName,
  followConsumer,
  Header,
  isToken,
  movedEventSubject,
  parseEventSubject,
  parseTaskSubject,
  storeApi,
  taskConsumer,
  tokenRule,
} from "@myelin/subjects";
import { isIdOf, isPlaceName, moved, originOf, wrapMoved, write } from "../../durable/index.ts";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import { checkNumber, gaveUp, pause, systemClock } from "../../pipeline/index.ts";
import { field, needle } from "../../wire/index.ts";
import type { Standing } from "../standing.ts";
import type { DeadLetter } from "./letter.ts";
import { mark } from "./marking.ts";
import { copyForSandbox } from "./sandbox.ts";

/** How dead letters are brought back. */
export interface RedriveOptions {
  /** Another agent that shall do it: a sandbox. Its results go to who redrives. Default: the letter's own. */
  readonly to?: string;
  /** Most in a second, from 0.001 to 100000. Default: 50. */
  readonly rate?: number;
  /** Tells what would be done, and does nothing. Default: false. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** What became of one letter that was to be brought back. */
export interface Redriven {
  readonly letter: DeadLetter;
  readonly is: "redriven" | "would be redriven" | "refused";
  readonly to: string;
  /** Why it was refused. */
  readonly why?: string;
  /** How often it will have been brought back. */
  readonly generation: number;
}

const usualRate = 50;
/** In a second. A timer cannot wait for much less. */
const anyRate = { min: 0.001, max: 100_000, whole: false };

/** Brings dead letters back, no faster than it may. */
export class Redrive {
  readonly #standing: Standing;
  readonly #options: RedriveOptions;
  readonly #gapMs: number;
  /** Whether somebody takes what goes to a consumer; asked once. */
  readonly #consumers = new Map<string, Promise<string | undefined>>();
  #mayAt = 0;

  constructor(standing: Standing, options: RedriveOptions) {
    const { to, rate = usualRate } = options;
    if (to !== undefined && !isToken(to)) {
      const detail = `redrive.to must be ${tokenRule}, got ${JSON.stringify(to)?.slice(0, 80)}`;
      throw new MeshError(MeshCode.InvalidArgument, detail);
    }
    this.#standing = standing;
    this.#options = options;
    this.#gapMs = 1_000 / checkNumber("redrive.rate", rate, anyRate);
  }

  /** Publishes the letter's message anew, then writes down that it did: done twice, it runs once. */
  async bring(letter: DeadLetter): Promise<Redriven> {
    const { to = letter.agent, dryRun = false, signal } = this.#options;
    const told = { letter, to, generation: letter.generation + 1 };
    const why = refusalOf(letter, to) ?? (await this.#nobody(letter, to));
    if (why !== undefined) return { ...told, is: "refused", why };
    if (dryRun) return { ...told, is: "would be redriven" };
    await this.#turn();
    if (letter.kind === "task") {
      await copyForSandbox(this.#standing, letter.original, { to, signal });
    }
    await this.#publish(letter, to);
    const put = await mark(this.#standing, letter, { outcome: "redriven", to });
    if (put.is === "stored") return { ...told, is: "redriven" };
    const once = letter.kind === "task" ? "; it runs once all the same" : "";
    const other = `somebody else has brought it back just now${once}`;
    return { ...told, is: "refused", why: other };
  }

  async #publish(letter: DeadLetter, to: string): Promise<void> {
    const { name: mover, store, signer } = this.#standing;
    const { generation: before, original, kind, skill: follow } = letter;
    const id = taskOf(letter);
    const how = { why: "redrive", id, generation: before + 1, to } as const;
    const subject = movedEventSubject({ agent: to, follow, mover });
    const moving =
      kind === "event"
        ? wrapMoved(original, { ...how, subject }, signer())
        : moved(original, { ...how, mover }, signer());
    await write(store, systemClock, moving);
  }

  /** Why nobody would ever take it. */
  #nobody(letter: DeadLetter, to: string): Promise<string | undefined> {
    const name = takerOf(letter, to);
    const known = this.#consumers.get(name.consumer) ?? this.#ask(name, letter, to);
    this.#consumers.set(name.consumer, known);
    return known;
  }

  async #ask(
    { stream, consumer }: ConsumerName,
    { kind, skill }: DeadLetter,
    to: string,
  ): Promise<string | undefined> {
    try {
      await this.#standing.store.api(storeApi.consumerInfo(stream, consumer));
      return undefined;
    } catch (error) {
      if (!isMeshError(error, MeshCode.Unavailable)) throw error;
      const line =
        kind === "event"
          ? `agents.${to}.follows: { ${skill}: { events: [<its events>] } }`
          : `roles.operator.submits: [${to}.*]`;
      const why = `nobody takes ${kind}s for ${to}: there is no agent ${to}, or mesh.yaml gives it none`;
      return `${why}; it needs agents.${to}, and a line such as ${line} in mesh.yaml`;
    }
  }

  /** Waits until the next one may go. */
  async #turn(): Promise<void> {
    const { signal } = this.#options;
    const now = systemClock.now();
    const at = Math.max(now, this.#mayAt);
    this.#mayAt = at + this.#gapMs;
    if (at > now) await pause(systemClock, at - now, signal);
    if (signal?.aborted === true) throw gaveUp("the work on dead letters", signal);
  }
}

/** Whose consumer it goes to. */
function takerOf({ kind, skill, original }: DeadLetter, to: string): ConsumerName {
  if (kind === "event") return followConsumer(to, skill);
  const address = parseTaskSubject(original.subject);
  return taskConsumer(to, address.ok ? address.value.priority : "normal");
}

/** The task's id, also where another submitter's letter had that name first. */
function taskOf({ kind, task, original }: DeadLetter): string {
  const own = field(original.head, idNeedle);
  const isOther = kind === "task" && isPlaceName(task) && own !== undefined && isToken(own);
  return isOther && originOf(original.subject)?.kind === "task" ? own : task;
}

const idNeedle = needle(Header.id);

/** What stands against it, whoever would take it. */
function refusalOf(letter: DeadLetter, to: string): string | undefined {
  const { kind, markers, facts, original, agent } = letter;
  const before = markers.find((marker) => marker.outcome === "dropped" || marker.to === to);
  if (before !== undefined) {
    return `it was ${before.outcome} already at ${before.at.toISOString()} by ${before.by}`;
  }
  if (facts.cutFrom !== undefined) {
    return `its body was cut from ${facts.cutFrom} bytes: it is not what was sent`;
  }
  if (kind === "event") {
    const isEvent = parseEventSubject(original.subject).ok;
    return isEvent ? undefined : `${original.subject} is no event's: it cannot be brought back`;
  }
  const origin = originOf(original.subject);
  if (origin === undefined) return `${original.subject} is no task's: it cannot be brought back`;
  if (origin.agent !== agent && letter.generation > 0) {
    return `${original.subject} is ${origin.agent}'s: of a sandbox's letter, the one that its agent left is brought back`;
  }
  if (origin.agent !== agent) {
    return `${original.subject} is no task of ${agent}: the letter is not what it says`;
  }
  if (to === agent && !isIdOf(taskOf(letter), original.head, origin)) {
    return "it has no id that a task could have: its agent would refuse it again";
  }
  return undefined;
}
